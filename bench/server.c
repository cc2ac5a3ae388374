// The yardstick: device files backed by Lua as one writes them in C, on libfuse 3's low-level API with its default
// options, which serve with several threads.
//
//	server NAME=SCRIPT... -- [libfuse's options] FOLDER
//
// Each device has a lua_State and a mutex, and runs the same script as the device that it is compared to: read(2) calls
// myread(len, off), write(2) calls mywrite(buf, off).
#ifndef FUSE_USE_VERSION
#define FUSE_USE_VERSION 35
#endif
#include <errno.h>
#include <fuse_lowlevel.h>
#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES 16
#define FIRST (FUSE_ROOT_ID + 1)
// Names and attributes are kept this long: the default of libfuse's high-level API.
#define KEPT 1.0
// Up to this size a result is copied, so that no answer is sent under the lock.
#define COPIED 4096

struct device {
	char *name;
	lua_State *L;
	pthread_mutex_t lock;
};

static struct device devices[DEVICES];
static size_t ndevices;

static struct device *find(fuse_ino_t ino)
{
	return ino >= FIRST && ino < FIRST + ndevices ? &devices[ino - FIRST] : NULL;
}

static int fill(fuse_ino_t ino, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_ino = ino;
	st->st_mode = ino == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0666;
	st->st_nlink = 1;
	return ino == FUSE_ROOT_ID || find(ino) != NULL;
}

static void ll_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param entry = {.attr_timeout = KEPT, .entry_timeout = KEPT};

	for (size_t i = 0; parent == FUSE_ROOT_ID && i < ndevices; i++) {
		if (strcmp(devices[i].name, name) != 0)
			continue;
		entry.ino = FIRST + i;
		fill(entry.ino, &entry.attr);
		fuse_reply_entry(req, &entry);
		return;
	}
	fuse_reply_err(req, ENOENT);
}

static void ll_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;

	(void)fi;
	if (fill(ino, &st))
		fuse_reply_attr(req, &st, KEPT);
	else
		fuse_reply_err(req, ENOENT);
}

static void ll_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	if (find(ino) == NULL) {
		fuse_reply_err(req, EISDIR);
		return;
	}
	fi->direct_io = 1;
	fuse_reply_open(req, fi);
}

static void ll_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct device *device = find(ino);
	lua_State *L = device->L;
	char copy[COPIED];
	const char *bytes;
	size_t len = 0;

	(void)fi;
	pthread_mutex_lock(&device->lock);
	lua_getglobal(L, "myread");
	lua_pushinteger(L, (lua_Integer)size);
	lua_pushinteger(L, (lua_Integer)off);
	if (lua_pcall(L, 2, 2, 0) != LUA_OK) {
		fprintf(stderr, "%s\n", lua_tostring(L, -1));
		lua_settop(L, 0);
		pthread_mutex_unlock(&device->lock);
		fuse_reply_err(req, ECANCELED);
		return;
	}
	bytes = lua_tolstring(L, -2, &len);
	if (len > size)
		len = size;
	if (len <= COPIED) {
		if (len > 0)
			memcpy(copy, bytes, len);
		lua_settop(L, 0);
		pthread_mutex_unlock(&device->lock);
		fuse_reply_buf(req, copy, len);
	} else {
		// The string lives as long as it is on the stack.
		fuse_reply_buf(req, bytes, len);
		lua_settop(L, 0);
		pthread_mutex_unlock(&device->lock);
	}
}

static void ll_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct device *device = find(ino);
	lua_State *L = device->L;
	lua_Integer written;

	(void)fi;
	pthread_mutex_lock(&device->lock);
	lua_getglobal(L, "mywrite");
	lua_pushlstring(L, buf, size);
	lua_pushinteger(L, (lua_Integer)off);
	if (lua_pcall(L, 2, 2, 0) != LUA_OK) {
		fprintf(stderr, "%s\n", lua_tostring(L, -1));
		lua_settop(L, 0);
		pthread_mutex_unlock(&device->lock);
		fuse_reply_err(req, ECANCELED);
		return;
	}
	written = luaL_optinteger(L, -2, (lua_Integer)size);
	lua_settop(L, 0);
	pthread_mutex_unlock(&device->lock);
	fuse_reply_write(req, written < 0 || (size_t)written > size ? size : (size_t)written);
}

static const struct fuse_lowlevel_ops operations = {
	.lookup = ll_lookup,
	.getattr = ll_getattr,
	.open = ll_open,
	.read = ll_read,
	.write = ll_write,
};

// Makes the device of an argument NAME=SCRIPT.
static int add(char *argument)
{
	struct device *device = &devices[ndevices];
	char *script = strchr(argument, '=');

	if (script == NULL || ndevices == DEVICES)
		return -1;
	*script++ = '\0';
	device->name = argument;
	device->L = luaL_newstate();
	if (device->L == NULL)
		return -1;
	luaL_openlibs(device->L);
	if (luaL_dofile(device->L, script) != LUA_OK) {
		fprintf(stderr, "%s\n", lua_tostring(device->L, -1));
		return -1;
	}
	lua_settop(device->L, 0);
	pthread_mutex_init(&device->lock, NULL);
	ndevices++;
	return 0;
}

static int loop_mt(struct fuse_session *session, const struct fuse_cmdline_opts *opts)
{
#if FUSE_USE_VERSION >= 312
	(void)opts;
	return fuse_session_loop_mt(session, NULL);
#else
	struct fuse_loop_config config = {.clone_fd = opts->clone_fd, .max_idle_threads = opts->max_idle_threads};

	return fuse_session_loop_mt(session, &config);
#endif
}

int main(int argc, char *argv[])
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct fuse_cmdline_opts opts;
	struct fuse_session *session;
	int i = 1, ret = 1;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (add(argv[i]) != 0) {
			fprintf(stderr, "server: no device: %s\n", argv[i]);
			return 2;
		}
	}
	fuse_opt_add_arg(&args, argv[0]);
	for (i++; i < argc; i++)
		fuse_opt_add_arg(&args, argv[i]);
	if (fuse_parse_cmdline(&args, &opts) != 0 || opts.mountpoint == NULL)
		return 2;
	session = fuse_session_new(&args, &operations, sizeof(operations), NULL);
	if (session == NULL)
		return 1;
	if (fuse_set_signal_handlers(session) == 0 && fuse_session_mount(session, opts.mountpoint) == 0) {
		printf("c: mounted on %s\n", opts.mountpoint);
		fflush(stdout);
		ret = opts.singlethread ? fuse_session_loop(session) : loop_mt(session, &opts);
		fuse_session_unmount(session);
	}
	fuse_remove_signal_handlers(session);
	fuse_session_destroy(session);
	fuse_opt_free_args(&args);
	free(opts.mountpoint);
	// libfuse gives the number of the signal that ended the loop.
	return ret < 0 ? 1 : 0;
}
