// `lunatik` alone: from a pipe, and at a terminal, which util-linux's script makes.
import { spawn } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { blockedOn, main, noFuse, temporary, until } from '../mount/mounted.js'
import { scripted } from '../mount/scripted.js'

t.test('from a pipe', { skip: noFuse }, async (t) => {
  const { start } = await scripted(t, {})

  /** What it prints for these lines. */
  async function piped(input: string): Promise<{ stdout: string; stderr: string; code: number | null }> {
    const child = start()
    let [stdout, stderr] = ['', '']
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    child.stdin?.end(input)
    await new Promise((resolve) => child.on('close', resolve))
    return { stdout, stderr, code: child.exitCode }
  }

  t.test('expressions show their values, statements nothing', async (t) => {
    t.strictSame(await piped('1 + 1\nx = 5\nx, nil, "é"\nreturn x\nnil\n""\n\n-- nothing\nx = nil\n'), {
      stdout: '2\n5\tnil\té\n5\nnil\n\n',
      stderr: '',
      code: 0,
    })
  })
  t.test('a chunk may have many lines', async (t) => {
    t.match(await piped('function f(a)\n\n  return a,\n  [[\n"\\n]]\nend\nf(1)\n'), { stdout: '1\t"\\n\n', code: 0 })
  })
  t.test('an error is a line on standard error, and the next chunk runs', async (t) => {
    t.match(await piped('error("boom")\nx = = 1\nerror({})\n7'), {
      stdout: '7\n',
      stderr: /^stdin:1: boom\nstdin:1: unexpected symbol near '='\n[^\n]+\n$/,
      code: 1,
    })
  })
  t.test('the end within a chunk is an error', async (t) => {
    t.match(await piped('1\nfunction f()\n'), {
      stdout: '1\n',
      stderr: /^stdin:\d: 'end' expected .*<eof>\n$/,
      code: 1,
    })
  })
  t.test('a chunk that is too long is refused', async (t) => {
    t.match(await piped(`return "${'x'.repeat(200_000)}"\n1`), { stdout: '1\n', stderr: /too long/, code: 1 })
  })
  t.test('a result may be long', async (t) => {
    t.equal((await piped('string.rep("x", 300000)')).stdout.length, 300_001)
  })
  t.test('values are for programs as they are, errors steer no terminal', async (t) => {
    t.match(await piped('"\\27[2J\\r"\nerror("\\27[2J\\n\\r", 0)'), {
      stdout: '\x1b[2J\r\n',
      stderr: '\\x1b[2J\n\\x0d\n',
    })
  })
  t.test('nothing at all is no error', async (t) => t.strictSame(await piped(''), { stdout: '', stderr: '', code: 0 }))
})

t.test('at a terminal', { skip: noFuse }, async (t) => {
  const { dir } = await scripted(t, {}, ['--deadline', '0'])
  const state = temporary(t)

  /** A prompt on a terminal. */
  function terminal() {
    const child = spawn('script', ['-qec', `stty -echo; exec "$NODE" "${main}" --mount "${dir}"`, '/dev/null'], {
      env: { ...process.env, NODE: process.execPath, XDG_STATE_HOME: state, TERM: 'xterm' },
    })
    t.teardown(() => child.kill('SIGKILL'))
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the terminal's control sequences
      output += text.replace(/\x1b\[[0-9;]*[A-Za-z]|\r/g, '')
    })
    return {
      child,
      /** Types, and waits until what comes after it ends with `expected`. */
      async type(text: string, expected: string): Promise<string> {
        output = ''
        child.stdin.write(text)
        await until(() => output.endsWith(expected))
        return output
      },
      /** Types, and waits until the terminal shows `expected`. */
      async shows(text: string, expected: string): Promise<void> {
        output = ''
        child.stdin.write(text)
        await until(() => output.includes(expected))
      },
    }
  }

  t.test('it asks, goes on asking within a chunk, and shows values', async (t) => {
    const { child, type } = terminal()
    await type('', '> ')
    t.match(await type('6 * 7\n', '\n> '), '42\n')
    await type('function f()\n', '>> ')
    await type('return "done"\n', '>> ')
    await type('end\n', '\n> ')
    t.match(await type('f()\n', '\n> '), 'done\n')
    t.match(await type('error("boom")\n', '\n> '), 'stdin:1: boom\n')
    t.match(await type('"\\27[2J" .. "\\n"\n', '\n> '), '\\x1b[2J\n', 'what a value has steers nothing')
    await type('function g(\n', '>> ')
    await type('\x03', '> ')
    await type('half a li', 'half a li')
    await type('\x03', '> ')
    for (const line of ['while true do end', 'require("completion").new():wait()']) {
      child.stdin.write(`${line}\n`)
      await until(() => blockedOn(dir) > 0)
      t.match(await type('\x03', '\n> '), 'interrupted!\n', line)
    }
    t.match(await type('"af" .. "ter"\n', '\n> '), 'after\n', 'Ctrl-C has dropped all that, and ended what ran')
    child.stdin.write('\x04')
    await until(() => child.exitCode !== null)
    t.equal(child.exitCode, 0, 'Ctrl-D ends it')
  })
  t.test('what print prints is shown, while the chunk runs', async (t) => {
    const { child, type, shows } = terminal()
    await type('', '> ')
    t.match(await type('print("hello", 42)\n', '\n> '), 'hello\t42\n')
    await shows('print("begun") linux = require("linux") linux.schedule(1 << 30)\n', 'begun\n')
    t.match(await type('\x03', '\n> '), 'interrupted!\n')
    child.stdin.write('\x04')
    await until(() => child.exitCode !== null)
  })
  t.test('a table shows what it has, up to a bound', async (t) => {
    const { child, type } = terminal()
    await type('', '> ')
    for (const [expression, shown] of [
      ['{1, 2, {3}, a = "b", [true] = {}}, 7', '{1, 2, {3}, [true] = {}, a = "b"}\t7'],
      ['(function() local t = {} t.t = t return t end)()', '{t = {...}}'],
      ['{{{{1}}}}', '{{{{...}}}}'],
      ['setmetatable({}, { __tostring = function() return "mine" end })', 'mine'],
      ['(function() local t = {} for i = 1, 50 do t[i] = i end return t end)()', '19, 20, ... 30 more}'],
      ['{("x"):rep(100)}', `{"${'x'.repeat(60)}..."}`],
    ] as const) {
      const output = (await type(`${expression}\n`, '\n> ')).replace(/\n/g, '')
      t.ok(output.includes(shown), `${expression}: ${output}`)
    }
    child.stdin.write('\x04')
    await until(() => child.exitCode !== null)
  })
  t.test('Tab goes on with names, and help tells', async (t) => {
    const { child, type, shows } = terminal()
    await type('', '> ')
    await type('mine = setmetatable({ field = 1, ["no name"] = 2 }, { __index = { method = print } })\n', '\n> ')
    await shows('mine.fi\t', 'mine.field')
    t.match(await type('\n', '\n> '), '1\n')
    await shows('mine:\t', 'mine:method')
    await type('\x03', '> ')
    await shows('("x") whi\t', 'while')
    await type('\x03', '> ')
    await shows('string.re\t', 'string.re')
    await shows('\t', 'string.rep')
    await type('\x03', '> ')
    t.match(await type('help\n', '\n> '), /Tab completes names, Ctrl-R searches/)
    t.match(await type('.help\n', '\n> '), /Tab completes names, Ctrl-R searches/)
    child.stdin.write('\x04')
    await until(() => child.exitCode !== null)
  })
  t.test('the history is searched', async (t) => {
    const { child, type, shows } = terminal()
    await type('', '> ')
    await type('"needle " .. 1\n', '\n> ')
    await type('"hay"\n', '\n> ')
    await shows('\x12', 'bck-i-search')
    for (const key of 'needl') await shows(key, key)
    await shows('e', '"needle " .. 1')
    t.match(await type('\n', '\n> '), 'needle 1\n')
    child.stdin.write('\x04')
    await until(() => child.exitCode !== null)
  })
  t.test('the history lives on, for its user alone', async (t) => {
    const file = join(state, 'lunatik', 'history')
    t.equal(readFileSync(file, 'utf8').split('\n')[0], '6 * 7')
    t.equal(statSync(file).mode & 0o777, 0o600)
    const { child, type } = terminal()
    await type('', '> ')
    t.match(await type('\x1b[A', '"needle " .. 1'), '"needle " .. 1')
    t.match(await type('\n', '\n> '), 'needle 1\n')
    child.stdin.write('\x04')
    await until(() => child.exitCode !== null)
  })
})
