// The server that echoes of the benchmark: one connection at a time, which a Lua script serves by the methods receive
// and send.
//
//	echo SCRIPT
//
// It prints its port.
#include <arpa/inet.h>
#include <errno.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SESSION "session"

static int fd_of(lua_State *L)
{
	return *(int *)luaL_checkudata(L, 1, SESSION);
}

static int receive(lua_State *L)
{
	int fd = fd_of(L);
	luaL_Buffer B;
	size_t length = (size_t)luaL_checkinteger(L, 2);
	char *buf = luaL_buffinitsize(L, &B, length);
	ssize_t n = recv(fd, buf, length, 0);

	if (n < 0)
		return luaL_error(L, "%s", strerror(errno));
	luaL_pushresultsize(&B, (size_t)n);
	return 1;
}

static int sends(lua_State *L)
{
	int fd = fd_of(L);
	size_t length;
	const char *bytes = luaL_checklstring(L, 2, &length);
	ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

	if (n < 0)
		return luaL_error(L, "%s", strerror(errno));
	lua_pushinteger(L, n);
	return 1;
}

static const luaL_Reg methods[] = {{"receive", receive}, {"send", sends}, {NULL, NULL}};

int main(int argc, char **argv)
{
	struct sockaddr_in addr = {.sin_family = AF_INET};
	socklen_t length = sizeof(addr);
	lua_State *L = luaL_newstate();
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (argc != 2 || bind(listener, (struct sockaddr *)&addr, length) < 0 || listen(listener, 16) < 0)
		return 1;
	getsockname(listener, (struct sockaddr *)&addr, &length);
	printf("%d\n", ntohs(addr.sin_port));
	fflush(stdout);
	luaL_openlibs(L);
	luaL_newmetatable(L, SESSION);
	luaL_newlib(L, methods);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
	if (luaL_dofile(L, argv[1]) != LUA_OK)
		return 1;
	for (;;) {
		int *fd;
		int on = 1;

		lua_pushvalue(L, -1);
		fd = lua_newuserdatauv(L, sizeof(*fd), 0);
		luaL_setmetatable(L, SESSION);
		*fd = accept(listener, NULL, NULL);
		setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
			fprintf(stderr, "%s\n", lua_tostring(L, -1));
			lua_pop(L, 1);
		}
		close(*fd);
	}
}
