// V8's optimizing compiler, which inlines so many bytes of bytecode into a function and no more. Nothing of the kernel's.
import { setFlagsFromString } from 'node:v8'

// From a request to a state's memory there are many small functions. By V8's own limit, 920 bytes, the last of them
// stay calls, which take a tenth of a callback that does nothing. With far more V8 compiles for longer: until that is
// done, some thousands of requests later, each costs up to half more.
setFlagsFromString('--max-inlined-bytecode-size-cumulative=4500')
