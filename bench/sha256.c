/* What Lua pays for a hash in C: liblua calls OpenSSL. Prints the nanoseconds of one of COUNT digests of SIZE bytes. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int digest(lua_State *L)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int n;
	size_t len;
	const char *data = luaL_checklstring(L, 1, &len);

	if (!EVP_Digest(data, len, md, &n, EVP_sha256(), NULL))
		return luaL_error(L, "no digest");
	lua_pushlstring(L, (const char *)md, n);
	return 1;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	long size = argc > 1 ? atol(argv[1]) : 0, count = argc > 2 ? atol(argv[2]) : 0;
	lua_State *L = luaL_newstate();
	double begin;

	if (L == NULL || size <= 0 || count <= 0)
		return 2;
	luaL_openlibs(L);
	lua_register(L, "digest", digest);
	if (luaL_loadstring(L, "local size, count = ...\n"
			       "local data = ('x'):rep(size)\n"
			       "for i = 1, count do digest(data) end") != LUA_OK)
		return 1;
	lua_pushinteger(L, size);
	lua_pushinteger(L, count);
	begin = now();
	if (lua_pcall(L, 2, 0, 0) != LUA_OK)
		return 1;
	printf("%.0f\n", (now() - begin) / count);
	lua_close(L);
	return 0;
}
