/** The descriptor of a kernel process whose other end its parent holds: it is closed when the parent is gone. */
export const LIFELINE = 4
/** The descriptor of the folder above the mount's, by which the mount is found below what covers that. */
export const FOLDER = 5
