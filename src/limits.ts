// linux/limits.h, and the limits of linux/err.h and linux/namei.h.

/** The longest name, in bytes. */
export const NAME_MAX = 255
/** The longest path, in bytes, with the NUL at its end. */
export const PATH_MAX = 4096
/** The largest errno: a result below its negative is none. */
export const MAX_ERRNO = 4095
/** How many symbolic links one path may lead over. */
export const MAXSYMLINKS = 40
