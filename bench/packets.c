/*
 * What a filter of packets costs in C: liblua runs the script FILTER, which registers a hook as under Lunatik, on each
 * packet of the pcap file FILE. Prints the nanoseconds of a packet, and how many were dropped.
 */
#include <arpa/inet.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A packet's bytes, and the object that data() gives. */
struct data {
	unsigned char *ptr;
	lua_Integer size;
};

struct skb {
	unsigned char *data;
	lua_Integer len;
	int ref;
	struct data *object;
};

static struct data *check(lua_State *L, lua_Integer offset, lua_Integer length)
{
	struct data *data = luaL_checkudata(L, 1, "data");

	luaL_argcheck(L, offset >= 0 && length > 0 && offset + length <= data->size, 2, "out of bounds");
	return data;
}

static int getuint8(lua_State *L)
{
	lua_Integer offset = luaL_checkinteger(L, 2);

	lua_pushinteger(L, check(L, offset, 1)->ptr[offset]);
	return 1;
}

static int getuint16(lua_State *L)
{
	lua_Integer offset = luaL_checkinteger(L, 2);
	uint16_t value;

	memcpy(&value, check(L, offset, 2)->ptr + offset, sizeof(value));
	lua_pushinteger(L, value);
	return 1;
}

static int getstring(lua_State *L)
{
	lua_Integer offset = luaL_checkinteger(L, 2), length = luaL_checkinteger(L, 3);

	lua_pushlstring(L, (const char *)check(L, offset, length)->ptr + offset, length);
	return 1;
}

static int skb_data(lua_State *L)
{
	struct skb *skb = luaL_checkudata(L, 1, "skb");

	luaL_checkoption(L, 2, "net", (const char *const[]){"net", "mac", NULL});
	lua_rawgeti(L, LUA_REGISTRYINDEX, skb->ref);
	skb->object->ptr = skb->data;
	skb->object->size = skb->len;
	return 1;
}

static int ntoh16(lua_State *L)
{
	lua_pushinteger(L, ntohs((uint16_t)luaL_checkinteger(L, 1)));
	return 1;
}

static int hook = LUA_NOREF;

static int netfilter_register(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_getfield(L, 1, "hook");
	hook = luaL_ref(L, LUA_REGISTRYINDEX);
	return 0;
}

/* The modules that the script requires: as far as it uses them. */
static const char modules[] =
	"local register, ntoh16 = ...\n"
	"package.loaded['linux.nf'] = { action = { DROP = 0, ACCEPT = 1 }, proto = { IPV4 = 2 },\n"
	"  inet = { LOCAL_OUT = 3 }, ip = { pri = { FILTER = 0 } } }\n"
	"package.loaded.byteorder = { ntoh16 = ntoh16 }\n"
	"package.loaded.netfilter = { register = register }\n";

static const luaL_Reg data_mt[] = {
	{"getuint8", getuint8}, {"getuint16", getuint16}, {"getstring", getstring}, {NULL, NULL}
};
static const luaL_Reg skb_mt[] = {{"data", skb_data}, {NULL, NULL}};

static void class(lua_State *L, const char *name, const luaL_Reg *methods)
{
	luaL_newmetatable(L, name);
	luaL_setfuncs(L, methods, 0);
	lua_pushvalue(L, -1);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
}

static int die(lua_State *L, const char *what)
{
	fprintf(stderr, "packets: %s: %s\n", what, L == NULL ? "no memory" : lua_tostring(L, -1));
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
	static unsigned char bytes[65536 + 128];
	uint32_t header[4];
	long count = 0, dropped = 0;
	lua_State *L = luaL_newstate();
	struct skb *skb;
	double begin;
	FILE *file;
	int object;

	if (argc != 3 || L == NULL)
		return 2;
	luaL_openlibs(L);
	class(L, "data", data_mt);
	class(L, "skb", skb_mt);
	if (luaL_loadstring(L, modules) != LUA_OK)
		return die(L, "modules");
	lua_pushcfunction(L, netfilter_register);
	lua_pushcfunction(L, ntoh16);
	if (lua_pcall(L, 2, 0, 0) != LUA_OK || luaL_dofile(L, argv[1]) != LUA_OK)
		return die(L, argv[1]);
	skb = lua_newuserdatauv(L, sizeof(*skb), 0);
	luaL_setmetatable(L, "skb");
	object = luaL_ref(L, LUA_REGISTRYINDEX);
	skb->object = lua_newuserdatauv(L, sizeof(struct data), 0);
	luaL_setmetatable(L, "data");
	skb->ref = luaL_ref(L, LUA_REGISTRYINDEX);

	begin = now();
	file = fopen(argv[2], "rb");
	if (file == NULL || fseek(file, 24, SEEK_SET) != 0)
		return 1;
	while (fread(header, sizeof(header), 1, file) == 1) {
		if (header[2] > 65536 || fread(bytes, 1, header[2], file) != header[2])
			return 1;
		skb->data = bytes;
		skb->len = header[2];
		lua_rawgeti(L, LUA_REGISTRYINDEX, hook);
		lua_rawgeti(L, LUA_REGISTRYINDEX, object);
		if (lua_pcall(L, 1, 1, 0) != LUA_OK)
			return die(L, "a packet");
		if (lua_tointeger(L, -1) == 0)
			dropped++;
		lua_settop(L, 0);
		count++;
	}
	printf("%.0f %ld %ld\n", (now() - begin) / count, count, dropped);
	fclose(file);
	lua_close(L);
	return 0;
}
