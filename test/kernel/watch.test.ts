// What `--watch` takes for a change, on real files: the kernel and its machine are played by the test.
// variants: default
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { fileAt, type Use, type User } from '../../src/kernel/use.js'
import { Watch } from '../../src/kernel/watch.js'
import { lunatik_look } from '../../src/lunatik/lunatik_search.js'
import { register_console } from '../../src/printk.js'
import { folder, until } from '../mount/mounted.js'

const script = (name: string): User => ({ kind: 'script', name })
const module = (name: string): User => ({ kind: 'module', name })

/** A machine that starts scripts of one folder, where a test doesn't say otherwise. */
class Machine {
  readonly dir: string
  /** What was asked for, in that order: scripts, modules with a `+`, and `(force)` where it was forced. */
  readonly asked: string[] = []
  /** The files of each user, in the order in which they are looked for. */
  readonly files = new Map<string, (readonly string[])[]>()
  /** The files of modules. */
  readonly imports = new Map<string, readonly string[]>()
  readonly libraries = new Map<string, readonly string[]>()
  /** Those that fail as soon as they are started. */
  readonly failing = new Set<string>()
  /** Those whose start never returns: it ends with the machine. */
  readonly hanging = new Set<string>()
  /** Those whose start never ends. */
  readonly never = new Set<string>()
  /** Has them end all the same. */
  late = () => {}
  readonly watch: Watch

  constructor(t: Test, files: Record<string, string>, scripts: readonly string[], devices: readonly string[] = []) {
    this.dir = folder(t, files)
    for (const name of scripts) this.files.set(name, [[this.path(`${name}.lua`)]])
    this.watch = new Watch(scripts, devices, {
      restart: async (name, force) => {
        this.asked.push(force ? `${name} (force)` : name)
        const result = this.start(script(name))
        return this.never.has(name) ? new Promise(() => {}) : result
      },
      reload: async (devices) => {
        this.asked.push(...devices.map((device) => `+${device}`))
        const results = devices.map((device) => {
          const result = this.start(module(device))
          return { device, error: result.ok ? null : result.error }
        })
        if (!devices.some((device) => this.never.has(device))) return results
        return new Promise((resolve) => {
          this.late = () => resolve(results)
        })
      },
    })
    t.teardown(() => this.watch.close())
  }

  path(name: string): string {
    return join(this.dir, name)
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text)
  }

  tell(user: User, type: 'starts' | 'runs' | 'fails' | 'stopped'): void {
    this.watch.heard({ user, type } as Use)
  }

  start(user: User): { ok: true } | { ok: false; error: string } {
    const { name } = user
    this.tell(user, 'starts')
    for (const paths of this.files.get(name) ?? []) this.watch.heard({ user, type: 'file', file: lunatik_look(paths) })
    for (const path of this.imports.get(name) ?? []) this.watch.heard({ user, type: 'file', file: fileAt(path) })
    const type = user.kind === 'script' ? 'requires' : 'defines'
    for (const library of this.libraries.get(name) ?? []) this.watch.heard({ user, type, library })
    if (this.hanging.has(name) || this.never.has(name)) return { ok: false, error: 'the machine has ended' }
    this.tell(user, this.failing.has(name) ? 'fails' : 'runs')
    return this.failing.has(name) ? { ok: false, error: 'boom' } : { ok: true }
  }

  /** Waits until as many have been asked for, and gives them all. */
  async askedAre(count: number): Promise<string> {
    await until(() => this.asked.length >= count)
    return this.asked.join()
  }
}

/** One script `one`, and `mark`, whose change shows that all changes before it have been seen. */
function machine(t: Test, files: Record<string, string> = {}): Machine & { marked(): Promise<string> } {
  const made = new Machine(t, { 'one.lua': '0', 'mark.lua': '0', ...files }, ['one', 'mark'])
  made.start(script('mark'))
  let marks = 0
  return Object.assign(made, {
    marked: async () => {
      made.write('mark.lua', `${++marks}`)
      await until(() => made.asked.filter((name) => name === 'mark').length === marks)
      return made.asked.filter((name) => name !== 'mark').join()
    },
  })
}

t.test('a script runs again', async (t) => {
  t.test('when its file is written', async (t) => {
    const m = machine(t)
    m.start(script('one'))
    m.write('one.lua', '1')
    t.equal(await m.askedAre(1), 'one')
    m.write('one.lua', '2')
    t.equal(await m.askedAre(2), 'one,one')
  })
  t.test('when it was written before anybody watched', async (t) => {
    const m = machine(t)
    m.tell(script('one'), 'starts')
    m.watch.heard({ user: script('one'), type: 'file', file: lunatik_look([m.path('one.lua')]) })
    m.write('one.lua', '1')
    t.equal(await m.askedAre(1), 'one (force)', 'also one that is still loading')
  })
  t.test('when an editor puts another file in its place', async (t) => {
    const m = machine(t)
    m.start(script('one'))
    t.equal(await m.marked(), '')
    m.write('one.lua~', '1')
    renameSync(m.path('one.lua~'), m.path('one.lua'))
    t.equal(await m.marked(), 'one')
  })
  t.test('when it was removed and is made again otherwise', async (t) => {
    const m = machine(t)
    m.start(script('one'))
    rmSync(m.path('one.lua'))
    t.equal(await m.marked(), '', 'a file that has gone stops nothing')
    m.write('one.lua', '1')
    t.equal(await m.marked(), 'one')
  })
  t.test('when its folder was removed and is made again', async (t) => {
    const m = machine(t, { 'sub/two.lua': '0' })
    m.files.set('one', [[m.path('sub/two.lua')]])
    m.start(script('one'))
    t.equal(await m.marked(), '')
    rmSync(m.path('sub'), { recursive: true })
    t.equal(await m.marked(), '')
    mkdirSync(m.path('sub'))
    m.write('sub/two.lua', '1')
    t.equal(await m.marked(), 'one')
    m.write('sub/two.lua', '2')
    t.equal(await m.marked(), 'one,one', 'the new folder is watched as the old one was')
  })
  t.test('when a folder on the way is exchanged', async (t) => {
    const m = machine(t, { 'v1/sub/two.lua': '0', 'v2/sub/two.lua': '1' })
    m.files.set('one', [[m.path('v1/sub/two.lua')]])
    m.start(script('one'))
    t.equal(await m.marked(), '')
    renameSync(m.path('v1'), m.path('v0'))
    renameSync(m.path('v2'), m.path('v1'))
    t.equal(await m.marked(), 'one')
    m.write('v0/sub/two.lua', '2')
    t.equal(await m.marked(), 'one')
  })
  t.test('once for many saves in quick succession, and for the last of them', async (t) => {
    const m = machine(t)
    m.start(script('one'))
    for (let i = 0; i < 200; i++) m.write('one.lua', `${'x'.repeat(200 - i)}`)
    t.equal(await m.marked(), 'one')
    t.equal(await m.marked(), 'one')
  })
  t.test('also while somebody goes on saving', async (t) => {
    const m = machine(t)
    m.start(script('one'))
    const saving = setInterval(() => m.write('one.lua', `${Math.random()}`), 5)
    t.teardown(() => clearInterval(saving))
    t.match(await m.askedAre(2), /^one,one/)
  })
  t.test('when a file of any name that it uses is written', async (t) => {
    const m = machine(t, { 'lib/a.lua': '0', 'b.txt': '0' })
    m.files.set('one', [[m.path('one.lua')], [m.path('a.lua'), m.path('lib/a.lua')], [m.path('b.txt')]])
    m.start(script('one'))
    m.write('lib/a.lua', '1')
    t.equal(await m.marked(), 'one')
    m.write('b.txt', '1')
    t.equal(await m.marked(), 'one,one')
    m.write('a.lua', '1')
    t.equal(await m.marked(), 'one,one,one', 'also one that comes before it')
    m.write('lib/a.lua', '2')
    t.equal(await m.marked(), 'one,one,one', 'which hides it')
    rmSync(m.path('a.lua'))
    t.equal(await m.marked(), 'one,one,one,one', 'until it is gone')
  })
  t.test('when it has loaded the file later', async (t) => {
    const m = machine(t, { 'late.lua': '0' })
    m.start(script('one'))
    t.equal(await m.marked(), '')
    m.watch.heard({ user: script('one'), type: 'file', file: lunatik_look([m.path('late.lua')]) })
    m.write('late.lua', '1')
    t.equal(await m.marked(), 'one')
  })
  t.test('for no file that it has ceased to use', async (t) => {
    const m = machine(t, { 'a.lua': '0' })
    m.files.set('one', [[m.path('one.lua')], [m.path('a.lua')]])
    m.start(script('one'))
    m.files.set('one', [[m.path('one.lua')]])
    m.write('one.lua', '1')
    t.equal(await m.marked(), 'one')
    m.write('a.lua', '1')
    t.equal(await m.marked(), 'one')
  })
  t.test('with every other that shares the file', async (t) => {
    const m = new Machine(t, { 'one.lua': '0', 'two.lua': '0', 'three.lua': '0', 'a.lua': '0' }, [
      'one',
      'two',
      'three',
    ])
    for (const name of ['one', 'three']) m.files.set(name, [[m.path(`${name}.lua`)], [m.path('a.lua')]])
    for (const name of ['one', 'two', 'three']) m.start(script(name))
    m.write('a.lua', '1')
    t.equal(await m.askedAre(2), 'one,three')
    m.write('two.lua', '1')
    t.equal(await m.askedAre(3), 'one,three,two')
  })
})

t.test('a script does not run again', async (t) => {
  t.test('when its file is touched, or has its content back', async (t) => {
    const m = machine(t)
    m.start(script('one'))
    t.equal(await m.marked(), '')
    utimesSync(m.path('one.lua'), 1, 1)
    t.equal(await m.marked(), '')
    rmSync(m.path('one.lua'))
    t.equal(await m.marked(), '')
    m.write('one.lua', '0')
    t.equal(await m.marked(), '')
  })
  t.test('when somebody has stopped it, until somebody has it run', async (t) => {
    const m = machine(t)
    m.start(script('one'))
    m.tell(script('one'), 'stopped')
    m.write('one.lua', '1')
    t.equal(await m.marked(), '')
    m.start(script('one'))
    t.equal(await m.marked(), '')
    m.write('one.lua', '2')
    t.equal(await m.marked(), 'one')
  })
  t.test('when it goes on loading, and looks for more files', async (t) => {
    const m = machine(t, { 'a.lua': '0' })
    for (const state of ['starts', 'fails'] as const) {
      m.tell(script('one'), 'starts')
      m.watch.heard({ user: script('one'), type: 'file', file: lunatik_look([m.path('one.lua')]) })
      m.tell(script('one'), state)
      t.equal(await m.marked(), '')
      m.watch.heard({ user: script('one'), type: 'file', file: lunatik_look([m.path('a.lua')]) })
      t.equal(await m.marked(), '')
    }
  })
  t.test('when nobody has named it', async (t) => {
    const m = machine(t, { 'other.lua': '0' })
    m.files.set('other', [[m.path('other.lua')]])
    m.start(script('other'))
    m.write('other.lua', '1')
    t.equal(await m.marked(), '')
  })
  t.test('after the end', async (t) => {
    const m = machine(t)
    m.start(script('one'))
    m.watch.close()
    m.write('one.lua', '1')
    m.tell(script('one'), 'runs')
    const other = machine(t)
    await other.marked()
    t.same(m.asked, [])
  })
})

t.test('a symbolic link', async (t) => {
  const files = { 'v1/one.lua': '1', 'v2/one.lua': '2' }
  const linked = (t: Test) => {
    const m = machine(t, files)
    symlinkSync('v1', m.path('..data'))
    symlinkSync('..data/one.lua', m.path('link.lua'))
    m.files.set('one', [[m.path('link.lua')]])
    m.start(script('one'))
    return m
  }
  const exchange = (m: Machine, link: string, target: string) => {
    symlinkSync(target, m.path('new link'))
    renameSync(m.path('new link'), m.path(link))
  }
  t.test('is followed to what is written', async (t) => {
    const m = linked(t)
    t.equal(await m.marked(), '')
    m.write('v1/one.lua', '3')
    t.equal(await m.marked(), 'one')
  })
  t.test('that names a folder may be exchanged, as of a ConfigMap', async (t) => {
    const m = linked(t)
    t.equal(await m.marked(), '')
    exchange(m, '..data', 'v2')
    t.equal(await m.marked(), 'one')
    m.write('v1/one.lua', '3')
    t.equal(await m.marked(), 'one', 'what it does not name any more is no matter')
    m.write('v2/one.lua', '3')
    t.equal(await m.marked(), 'one,one', 'and what it names now is')
  })
  t.test('may be exchanged, as of Nix or stow', async (t) => {
    const m = linked(t)
    t.equal(await m.marked(), '')
    exchange(m, 'link.lua', 'v2/one.lua')
    t.equal(await m.marked(), 'one')
  })
  t.test('that is exchanged for one with the same content changes nothing', async (t) => {
    const m = linked(t)
    m.write('v2/one.lua', '1')
    exchange(m, '..data', 'v2')
    t.equal(await m.marked(), '')
    m.write('v2/one.lua', '2')
    t.equal(await m.marked(), 'one')
  })
  t.test('may hang in the air for a while', async (t) => {
    const m = linked(t)
    exchange(m, '..data', 'v3')
    t.equal(await m.marked(), '')
    mkdirSync(m.path('v3'))
    m.write('v3/one.lua', '3')
    t.equal(await m.marked(), 'one')
  })
})

t.test('a script that has failed', async (t) => {
  t.test('is tried again at its next change, also of what it required', async (t) => {
    const m = machine(t, { 'a.lua': '0' })
    m.files.set('one', [[m.path('one.lua')], [m.path('a.lua')]])
    m.start(script('one'))
    m.failing.add('one')
    m.write('a.lua', '1')
    t.equal(await m.marked(), 'one')
    m.write('a.lua', '2')
    t.equal(await m.marked(), 'one,one (force)')
    m.failing.clear()
    m.write('one.lua', '1')
    t.equal(await m.marked(), 'one,one (force),one (force)')
    m.write('one.lua', '2')
    t.equal(await m.marked(), 'one,one (force),one (force),one')
  })
  t.test('is tried when what it has missed is made', async (t) => {
    const m = machine(t)
    m.files.set('one', [[m.path('one.lua')], [m.path('x/a.lua'), m.path('a.lua')]])
    m.failing.add('one')
    m.start(script('one'))
    t.equal(await m.marked(), '')
    m.write('a.lua', '0')
    t.equal(await m.marked(), 'one (force)')
  })
  t.test('is tried when it is saved again, or touched', async (t) => {
    const m = machine(t)
    m.failing.add('one')
    m.start(script('one'))
    t.equal(await m.marked(), '')
    utimesSync(m.path('one.lua'), 1, 1)
    t.equal(await m.marked(), 'one (force)')
    t.equal(await m.marked(), 'one (force)')
  })
  t.test('is not tried once somebody has stopped it', async (t) => {
    const m = machine(t)
    m.failing.add('one')
    m.start(script('one'))
    m.tell(script('one'), 'stopped')
    m.write('one.lua', '1')
    t.equal(await m.marked(), '')
  })
  t.test('by never coming back is tried again once it is mended, and not before', async (t) => {
    const m = machine(t)
    m.start(script('one'))
    m.hanging.add('one')
    m.write('one.lua', '1')
    t.equal(await m.marked(), 'one')
    // Another machine takes the place of the one that has ended, without the script.
    m.start(script('mark'))
    t.equal(await m.marked(), 'one')
    m.hanging.clear()
    m.write('one.lua', '2')
    t.equal(await m.marked(), 'one,one (force)')
  })
  t.test('as it sleeps for ever is tried again once it is mended', async (t) => {
    const m = machine(t)
    m.start(script('one'))
    m.never.add('one')
    m.write('one.lua', '1')
    t.equal(await m.marked(), 'one')
    t.equal(await m.marked(), 'one')
    m.never.clear()
    m.write('one.lua', '2')
    t.equal(await m.marked(), 'one,one (force)')
  })
  t.test('without a word is not tried again with the same content', async (t) => {
    const m = machine(t)
    m.start(script('one'))
    m.start = () => ({ ok: false, error: 'the machine has ended' })
    m.write('one.lua', '1')
    t.equal(await m.marked(), 'one')
    t.equal(await m.marked(), 'one')
  })
})

t.test('a module', async (t) => {
  const files = { 'a.js': '0', 'b.js': '0', 'c.js': '0', 'shared.js': '0', 'user.lua': '0', 'other.lua': '0' }
  const modules = (t: Test) => {
    const m = new Machine(t, files, ['user', 'other'], ['a', 'b', 'c'])
    m.imports.set('a', [m.path('a.js'), m.path('shared.js')])
    m.imports.set('b', [m.path('b.js')])
    m.imports.set('c', [m.path('c.js'), m.path('shared.js')])
    m.libraries.set('a', ['alib'])
    m.libraries.set('user', ['device', 'alib'])
    m.libraries.set('other', ['device'])
    for (const name of ['a', 'b', 'c']) m.start(module(name))
    for (const name of ['user', 'other']) m.start(script(name))
    return m
  }
  t.test('is loaded again when a file of it changes, and then what uses it runs again', async (t) => {
    const m = modules(t)
    m.write('b.js', '1')
    t.equal(await m.askedAre(1), '+b')
    m.write('other.lua', '1')
    t.equal(await m.askedAre(2), '+b,other')
    m.write('shared.js', '1')
    t.equal(await m.askedAre(5), '+b,other,+a,+c,user')
  })
  t.test('is loaded again with those that share a file with it, so that they go on sharing', async (t) => {
    const m = modules(t)
    m.write('c.js', '1')
    t.equal(await m.askedAre(3), '+a,+c,user')
  })
  t.test('that fails leaves the scripts that use it alone, and is tried again at its next change', async (t) => {
    const m = modules(t)
    m.libraries.set('a', [])
    m.failing.add('a')
    m.write('a.js', '1')
    t.equal(await m.askedAre(2), '+a,+c')
    m.write('other.lua', '1')
    t.equal(await m.askedAre(3), '+a,+c,other')
    m.failing.clear()
    m.libraries.set('a', ['alib'])
    m.write('a.js', '2')
    t.equal(await m.askedAre(6), '+a,+c,other,+a,+c,user')
  })
  t.test('has a script tried that has missed it', async (t) => {
    const m = modules(t)
    m.libraries.set('other', ['device', 'blib'])
    m.failing.add('other')
    m.start(script('other'))
    m.failing.clear()
    m.libraries.set('b', ['blib'])
    m.write('b.js', '1')
    t.equal(await m.askedAre(2), '+b,other (force)')
  })
  t.test('has a script wait for it that has changed as well', async (t) => {
    const m = modules(t)
    m.write('a.js', '1')
    m.write('user.lua', '1')
    m.write('other.lua', '1')
    t.equal(await m.askedAre(4), '+a,+c,other,user')
    m.failing.add('a').add('c')
    m.libraries.set('a', [])
    m.write('a.js', '2')
    m.write('user.lua', '2')
    t.equal(await m.askedAre(7), '+a,+c,other,user,+a,+c,user', 'also if it fails')
  })
  t.test('that never comes back holds up nobody, and is tried again once it is mended', async (t) => {
    const m = modules(t)
    m.never.add('b')
    m.write('b.js', '1')
    t.equal(await m.askedAre(1), '+b')
    m.write('user.lua', '1')
    t.equal(await m.askedAre(2), '+b,user')
    m.never.clear()
    m.libraries.set('b', ['blib'])
    m.libraries.set('other', ['blib'])
    m.start(script('other'))
    m.write('b.js', '2')
    t.equal(await m.askedAre(4), '+b,user,+b,other')
    const log: string[] = []
    t.teardown(register_console(({ text }) => log.push(text)))
    m.late()
    m.write('user.lua', '2')
    t.equal(await m.askedAre(5), '+b,user,+b,other,user', 'an answer that comes late counts no more')
    t.notMatch(log.join(), 'b.js')
  })
  t.test('that was taken away stays so', async (t) => {
    const m = modules(t)
    m.tell(module('b'), 'stopped')
    m.write('b.js', '1')
    m.write('other.lua', '1')
    t.equal(await m.askedAre(1), 'other')
  })
  t.test('lies elsewhere when a link to its folder is exchanged, and so do its imports', async (t) => {
    const m = new Machine(t, { 'v1/a.js': '0', 'v2/a.js': '0' }, [], ['a'])
    symlinkSync('v1', m.path('now'))
    m.imports.set('a', [m.path('now/a.js')])
    m.start(module('a'))
    symlinkSync('v2', m.path('new'))
    renameSync(m.path('new'), m.path('now'))
    t.equal(await m.askedAre(1), '+a')
  })
})
