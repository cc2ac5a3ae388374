import { join } from 'node:path'
import t from 'tap'
import { didYouMean, scriptMeant, withSuggestion } from '../../src/cli/suggest.js'
import { UserError } from '../../src/errors.js'
import { folder } from '../mount/mounted.js'

t.test('the nearest name is meant, where a slip of the fingers makes the difference', async (t) => {
  const names = ['run', 'spawn', 'stop', 'status', 'list']
  t.equal(didYouMean('stpo', names), '')
  t.equal(didYouMean('statsu', names), ': did you mean status?')
  t.equal(didYouMean('LIST', names), ': did you mean list?')
  t.equal(didYouMean('lst', names), ': did you mean list?')
  t.equal(didYouMean('everything', names), '')
})

t.test('a script that there is not', async (t) => {
  const dir = folder(t, { 'thermo.lua': '', 'sub/meter.lua': '' })
  t.equal(scriptMeant(`cannot open ${dir}/termo.lua`, 'termo'), ': did you mean thermo?')
  t.equal(scriptMeant(`cannot open ${dir}/sub/metre.lua`, 'sub/metre'), ': did you mean sub/meter?')
  t.equal(scriptMeant(`cannot open ${dir}/sub/other.lua`, 'sub/other'), '')
  t.equal(scriptMeant('thermo.lua:1: boom', 'termo'), '')
  t.equal(scriptMeant(`cannot open ${join(dir, 'mydevic.lua')}`, 'mydevic'), ': did you mean mydevice?')
})

t.test('the error of a server says what was meant', async (t) => {
  const dir = folder(t, { 'thermo.lua': '' })
  const shown = (message: string) => (withSuggestion(new UserError(message, 2), [dir]) as UserError).message
  t.match(shown('--run termo: cannot open /x/termo.lua'), /termo\.lua: did you mean thermo\?$/)
  t.match(shown("unknown device 'mydevise': give mydevice"), /: did you mean mydevice\?$/)
  t.equal(shown("unknown device 'sensor': give mydevice"), "unknown device 'sensor': give mydevice")
  t.equal(shown('/dev/fuse is missing'), '/dev/fuse is missing')
  const error = new Error('other')
  t.equal(withSuggestion(error, []), error)
})
