// The client of the benchmark: calls files on the mounts, as lines on standard input tell it, and answers each with a
// line. It is in C so that what it costs itself hides nothing of the servers.
//
//	OP THREADS SIZE COUNT PATH
//
// OP is read, write, open (open, read, close), poll (open, poll, close) or tcp (bytes to the port PATH and back). COUNT is the number of calls of all threads
// together. The answer is the nanoseconds of one call, or `error ERRNO WHAT`. OP times is read, and its answer has the
// median and the longest time of a call as well.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define THREADS 64
#define PAGE 4096
// How long poll(2) waits, in milliseconds.
#define POLL_MS 50

struct round {
	char op[8];
	const char *path;
	size_t size;
	long count;
};

struct thread {
	pthread_t id;
	const struct round *round;
	char *buf;
	int error;
	const char *what;
	struct timespec end;
	// Each call's nanoseconds, for times.
	double *times;
};

static pthread_barrier_t barrier;

static int fail(struct thread *thread, const char *what, int error)
{
	thread->error = error;
	thread->what = what;
	return -1;
}

// A connection to a port of this machine.
static int dial(struct thread *thread)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(thread->round->path))};
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		fail(thread, "connect", errno);
		return fd;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

// Sends bytes and receives them again.
static int talk(struct thread *thread, int fd)
{
	size_t size = thread->round->size;
	ssize_t n = send(fd, thread->buf, size, MSG_NOSIGNAL);

	if (n < 0)
		return fail(thread, "send", errno);
	n = recv(fd, thread->buf, size, MSG_WAITALL);
	if (n < 0)
		return fail(thread, "recv", errno);
	return (size_t)n == size ? 0 : fail(thread, "the end of the connection", EIO);
}

// One call on an open file. Each is at the file's beginning.
static int transfer(struct thread *thread, int fd)
{
	const struct round *round = thread->round;
	char *buf = thread->buf;
	int writes = strcmp(round->op, "write") == 0;
	ssize_t n;

	if (strcmp(round->op, "tcp") == 0)
		return talk(thread, fd);
	n = writes ? pwrite(fd, buf, round->size, 0) : pread(fd, buf, round->size, 0);

	if (n < 0)
		return fail(thread, round->op, errno);
	if ((size_t)n != round->size)
		return fail(thread, "a short transfer", EIO);
	if (!writes && (buf[0] != '4' || buf[n - 1] != '4'))
		return fail(thread, "wrong bytes", EIO);
	return 0;
}

static int once(struct thread *thread)
{
	const struct round *round = thread->round;
	int polls = strcmp(round->op, "poll") == 0;
	int ret = 0;
	int fd = open(round->path, O_RDONLY);

	if (fd < 0)
		return fail(thread, "open", errno);
	if (polls) {
		struct pollfd wanted = {.fd = fd, .events = POLLIN | POLLOUT};

		if (poll(&wanted, 1, POLL_MS) < 0)
			ret = fail(thread, "poll", errno);
	} else
		ret = transfer(thread, fd);
	if (close(fd) < 0 && ret == 0)
		ret = fail(thread, "close", errno);
	return ret;
}

static double nanoseconds(const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) * 1e9 + (double)(to->tv_nsec - from->tv_nsec);
}

static int timed(struct thread *thread, int fd, long i)
{
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	if (transfer(thread, fd) < 0)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &to);
	thread->times[i] = nanoseconds(&from, &to);
	return 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void *run(void *data)
{
	struct thread *thread = data;
	const struct round *round = thread->round;
	int opens = strcmp(round->op, "open") == 0 || strcmp(round->op, "poll") == 0;
	int fd = -1;

	if (strcmp(round->op, "tcp") == 0)
		fd = dial(thread);
	else if (!opens) {
		fd = open(round->path, strcmp(round->op, "write") == 0 ? O_WRONLY : O_RDONLY);
		if (fd < 0)
			fail(thread, "open", errno);
	}
	pthread_barrier_wait(&barrier);
	for (long i = 0; i < round->count && thread->error == 0; i++)
		if ((opens ? once(thread) : thread->times != NULL ? timed(thread, fd, i) : transfer(thread, fd)) < 0)
			break;
	clock_gettime(CLOCK_MONOTONIC, &thread->end);
	if (fd >= 0)
		close(fd);
	return NULL;
}

static void serve(struct round *round, long nthreads)
{
	struct thread threads[THREADS];
	struct timespec start;
	double longest = 0;
	const struct thread *failed = NULL;
	double *times = NULL;

	memset(threads, 0, sizeof(threads));
	round->count /= nthreads;
	if (strcmp(round->op, "times") == 0) {
		times = calloc((size_t)(round->count * nthreads), sizeof(*times));
		if (times == NULL)
			exit(1);
	}
	pthread_barrier_init(&barrier, NULL, (unsigned int)nthreads + 1);
	for (long i = 0; i < nthreads; i++) {
		threads[i].round = round;
		threads[i].times = times == NULL ? NULL : times + i * round->count;
		// On a page's boundary, as dd and cat have it: elsewhere the kernel makes two requests of a MiB.
		if (posix_memalign((void **)&threads[i].buf, PAGE, round->size) != 0)
			exit(1);
		memset(threads[i].buf, '4', round->size);
		if (pthread_create(&threads[i].id, NULL, run, &threads[i]) != 0)
			exit(1);
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	pthread_barrier_wait(&barrier);
	for (long i = 0; i < nthreads; i++) {
		pthread_join(threads[i].id, NULL);
		free(threads[i].buf);
		if (nanoseconds(&start, &threads[i].end) > longest)
			longest = nanoseconds(&start, &threads[i].end);
		if (threads[i].error != 0)
			failed = &threads[i];
	}
	pthread_barrier_destroy(&barrier);
	if (failed != NULL)
		printf("error %d %s on %s\n", failed->error, failed->what, round->path);
	else {
		long n = round->count * nthreads;

		printf("%.1f", longest / (double)n);
		if (times != NULL) {
			qsort(times, (size_t)n, sizeof(*times), compare);
			printf(" %.1f %.1f", times[n / 2], times[n - 1]);
		}
		printf("\n");
	}
	free(times);
	fflush(stdout);
}

int main(void)
{
	char line[5000];
	char path[4096];
	struct round round = {.path = path};
	long nthreads;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (sscanf(line, "%7s %ld %zu %ld %4095[^\n]", round.op, &nthreads, &round.size, &round.count, path) != 5 ||
		    nthreads < 1 || nthreads > THREADS || round.count < nthreads)
			printf("error %d no round\n", EINVAL), fflush(stdout);
		else
			serve(&round, nthreads);
	}
	return 0;
}
