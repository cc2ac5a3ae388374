// Folders that a driver takes away while programs are in them, and makes again: nothing is left of the old ones.
// variants: default
import t from 'tap'
import { folder, lunatik, mounted, onlyOn, run } from './mounted.js'

const scripts = {
  'driver.lua': `
local device = require("device")
local made
local function make()
  made = device.new{name = "f/g/dev", mode = 438, read = function(self, len, off) return off == 0 and "dev" or "" end}
end
-- Both in one call: the folder has its name again before anybody is told that it was taken away.
device.new{name = "switch", mode = 438, write = function(self, buf)
  if made then made:stop() end
  made = nil
  if buf:sub(1, 1) == "1" then make() end
end}
make()`,
}

/** Says of each call how it ends, in the folder that was there when it began, after each line of its input. */
const insider = `
import errno, os
mnt = os.environ["MNT"]
fd = os.open(mnt + "/f/g", os.O_RDONLY)
def said(call, *args, **named):
    try:
        return call(*args, **named)
    except OSError as e:
        return errno.errorcode[e.errno]
def switch(to):
    with open(mnt + "/switch", "w") as f:
        f.write(to)
os.mkdir(mnt + "/other")
for to in "0", "1":
    switch(to)
    print(
        os.listdir(fd), os.fstat(fd).st_nlink, said(os.mkdir, "x", dir_fd=fd), said(os.symlink, "a", "x", dir_fd=fd),
        said(os.link, mnt + "/switch", "x", dst_dir_fd=fd), said(os.rename, mnt + "/other", "x", dst_dir_fd=fd),
        said(os.open, "x", os.O_CREAT | os.O_RDWR, dir_fd=fd), said(os.open, "dev", os.O_RDONLY, dir_fd=fd))
os.rmdir(mnt + "/other")
`

t.test('folders that a driver takes away', { skip: onlyOn('dev-fuse') }, async (t) => {
  const { sh, dir } = await mounted(t, ['--scripts', folder(t, scripts), '--run', 'driver'])
  const python = (await run('python3', ['-c', ''])).code === 0 ? false : 'there is no python3'

  t.test('are empty for whoever is in one, and take nothing', { skip: python }, async (t) => {
    const { stdout, stderr } = await sh(`python3 -c '${insider}'`)
    const line = `[] 0 ${'ENOENT '.repeat(6).trim()}\n`
    t.equal(stderr, '')
    t.equal(stdout, line + line)
    t.equal((await sh('ls $MNT $MNT/f/g')).stdout, `${dir}:\nf\nkmsg\nlunatik\nswitch\n\n${dir}/f/g:\ndev\n`)
  })
  t.test('and made again, while others list them and work in them, leave nothing', async (t) => {
    const { stdout, code } = await sh(`
      exec 2> /dev/null
      (cd $MNT/f/g && while [ -e $MNT/switch ]; do ls -l . ..; mkdir x && rmdir x; done) > /dev/null &
      (while [ -e $MNT/switch ]; do ls -lR $MNT/f; mkdir $MNT/f/g/x && rmdir $MNT/f/g/x; done) > /dev/null &
      (while [ -e $MNT/switch ]; do cat $MNT/f/g/dev; ls $MNT/f/g; done) > /dev/null &
      for n in $(seq 100); do echo 1 > $MNT/switch; [ "$(cat $MNT/f/g/dev)" = dev ] || echo wrong; done
      echo 0 > $MNT/switch
      # What a program had made in a folder keeps it, until it is taken away.
      for n in $(seq 600); do [ -e $MNT/f ] || break; rmdir $MNT/f/g; rmdir $MNT/f; sleep 0.05; done
      ls $MNT
      ${'$'}LUNATIK stop driver
      wait`)
    t.equal(stdout.trim(), 'kmsg\nlunatik\nswitch')
    t.equal(code, 0)
    t.equal((await sh('ls $MNT')).stdout, 'kmsg\nlunatik\n')
    t.equal((await lunatik('run', 'driver', '--mount', dir)).code, 0)
    t.equal((await sh('ls -a $MNT/f/g; cat $MNT/f/g/dev')).stdout, '.\n..\ndev\ndev')
  })
})
