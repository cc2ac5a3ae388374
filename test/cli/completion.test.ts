// `lunatik completion`: what shells get, and what they get it from.
import t from 'tap'
import { lunatik, main, run } from '../mount/mounted.js'

/** The words that are offered behind these. */
async function offered(...words: string[]): Promise<string[]> {
  const { code, stdout } = await lunatik('complete', '--', ...words)
  t.equal(code, 0)
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(':'))
    .map((line) => line.split('\t')[0] as string)
}

t.test('commands, options and choices are offered', async (t) => {
  t.strictSame(await offered('mo'), ['mount'])
  const commands = await offered('')
  for (const name of ['mount', 'umount', 'wait', 'exec', 'run', 'stop', 'list', 'dmesg', 'check', 'init', 'completion'])
    t.ok(commands.includes(name), name)
  t.notOk(commands.includes('complete'), 'but the one that shells ask')
  t.ok((await offered('mount', '--')).includes('--scripts'))
  t.strictSame(await offered('exec', '--engine', ''), ['wasm', 'fengari'])
})

t.test('a script for each shell', async (t) => {
  for (const shell of ['bash', 'zsh', 'fish'])
    t.match(await lunatik('completion', shell), { code: 0, stdout: / complete -- / })
  t.match(await lunatik('completion', 'tcsh'), { code: 2, stderr: /'tcsh' is invalid.*zsh, bash, fish/ })
  t.match(await lunatik('completion'), { code: 2, stderr: "lunatik: missing required argument 'shell'\n" })
  t.match((await lunatik('--help')).stdout, /^ {2}completion <shell> +print what a shell needs/m)
})

const bash = (await run('bash', ['--version'])).code === 0 ? false : 'bash is missing'
t.test('in bash', { skip: bash }, async (t) => {
  // bash-completion's function, which gives a function of a completion its words.
  const script = `
    lunatik() { '${process.execPath}' '${main}' "$@"; }
    _get_comp_words_by_ref() { words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=\${COMP_WORDS[COMP_CWORD]}; }
    __ltrim_colon_completions() { :; }
    source <(lunatik completion bash)
    COMP_WORDS=(lunatik exec --transport fuse) COMP_CWORD=3
    __lunatik_complete; echo "\${COMPREPLY[@]}"
    complete -p lunatik`
  const { stdout, stderr } = await run('bash', ['-c', script])
  t.equal(stdout, 'fuse-native\ncomplete -F __lunatik_complete lunatik\n', stderr)
})
