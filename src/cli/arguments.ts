// What the command line takes for an option or an argument: each function gives its value, or throws what to give.
import { InvalidArgumentError } from 'commander'

export function folder(value: string): string {
  if (value === '') throw new InvalidArgumentError('Give the name of a folder.')
  return value
}

export function fileName(value: string): string {
  if (value === '') throw new InvalidArgumentError('Give the name of a file.')
  return value
}

export const collect = (value: string, values: string[] | undefined) => [...(values ?? []), folder(value)]

export function script(value: string): string {
  if (value === '') throw new InvalidArgumentError('Give the name of a script.')
  return value
}

export const collectScripts = (value: string, values: string[] | undefined) => [...(values ?? []), script(value)]

export function seconds(value: string): number {
  const n = Number(value)
  if (value.trim() === '' || !Number.isFinite(n) || n < 0)
    throw new InvalidArgumentError('Give a number of seconds, 0 or more.')
  return n
}

/** A slice that takes longer is none. */
const sliceMax = 1000

export function milliseconds(value: string): number {
  const n = Number(value)
  if (value.trim() === '' || !Number.isFinite(n) || n < 0 || n > sliceMax)
    throw new InvalidArgumentError(`Give a number of milliseconds from 0 to ${sliceMax}.`)
  return n
}

/** The kernel's stack, below which its own scripts fail, and the most that both engines can have. */
export const stackMin = 200
const stackMax = 200_000

export function slots(value: string): number {
  const n = Number(value)
  if (value.trim() === '' || !Number.isInteger(n) || n < stackMin || n > stackMax)
    throw new InvalidArgumentError(`Give a number of slots from ${stackMin} to ${stackMax}.`)
  return n
}

export function mebibytes(value: string): number {
  const n = Number(value)
  if (value.trim() === '' || !Number.isFinite(n) || n <= 0)
    throw new InvalidArgumentError('Give a number of MiB above 0.')
  return n
}
