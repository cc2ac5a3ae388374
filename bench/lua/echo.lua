-- Sends back what a connection brings, to its end.
return function(session)
	repeat
		local bytes = session:receive(64)
		session:send(bytes)
	until bytes == ""
end
