-- Each cat counts one more and gives the sum; a number that is written is added. Two runtimes run this script; the
-- module gives both the same global `tally` once this chunk has run.
function myread(len, off)
	return off == 0 and tally:add() .. "\n" or ""
end

function mywrite(buf, off)
	tally:add(tonumber(buf))
end
