import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { Finalizers } from '../../src/lua/finalizers.js'

t.test('finalizers are called in the reverse order of the marks, each once', async (t) => {
  const called: string[] = []
  const finalizers = new Finalizers<string>((rest) => called.push(rest))
  const values = ['a', 'b', 'c'].map((name) => ({ name }))
  for (const value of values) finalizers.mark(value, value.name, false)
  t.ok(values.every((value) => finalizers.has(value)))
  finalizers.finalizeAll()
  finalizers.finalizeAll()
  t.strictSame(called, ['c', 'b', 'a'])
})

t.test('what a finalizer marks waits for the next round', async (t) => {
  const called: string[] = []
  const finalizers: Finalizers<string> = new Finalizers((rest) => {
    called.push(rest)
    if (rest === 'a') finalizers.mark({}, 'late', false)
  })
  finalizers.mark({}, 'a', false)
  finalizers.finalizeAll()
  t.strictSame(called, ['a'])
  finalizers.finalizeAll()
  t.strictSame(called, ['a', 'late'])
})

t.test('a value that JavaScript collects is finalized from what remains of it', async (t) => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const called: string[] = []
  const finalizers = new Finalizers<string>((rest) => called.push(rest))
  const kept = {}
  finalizers.mark(kept, 'kept', true)
  for (let i = 0; i < 100; i++) finalizers.mark({}, 'gone', true)
  for (let i = 0; i < 100 && called.length < 100; i++) {
    gc()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  t.equal(called.length, 100)
  t.notOk(called.includes('kept'))
  finalizers.finalizeAll()
  t.equal(called.at(-1), 'kept')
  t.ok(kept)
})
