import t from 'tap'
import { noFuse } from '../mount/mounted.js'
import { scripted } from '../mount/scripted.js'

t.test('status', { skip: noFuse }, async (t) => {
  const { lunatik, dir } = await scripted(t, { 'good.lua': '' })
  await lunatik('run', 'good')
  t.match(await lunatik('status'), {
    stdout: /^lunatik is loaded\n(lua\w+ is loaded\n)*luakmsg is loaded\nlunatik_run is loaded\n$/,
    stderr: '',
    code: 0,
  })
  t.match(JSON.parse((await lunatik('status', '--json')).stdout), {
    ok: true,
    version: /^\d+\.\d+\.\d+$/,
    lunatik: /^Lunatik /,
    mount: dir,
    modules: /lunatik_run/,
    scripts: ['good'],
  })
})
