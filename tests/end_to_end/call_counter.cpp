// Counts what a program asks of the system. Loaded with LD_PRELOAD; at its end the program leaves
// the counts in the file that DARKROOM_CALL_COUNTS names, as JSON.
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <malloc.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

// The allocator that these stand before. dlsym() cannot find it, since it allocates itself.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* block);
}

namespace {

using Count = std::atomic<long long>;

Count allocations;
Count bytes;      // allocated now
Count bytes_most; // at any time
Count syncs;
Count moves;  // over sockets
Count writes; // to files

void* note_block(void* block) {
    ++allocations;
    auto const now = bytes += static_cast<long long>(malloc_usable_size(block));
    for (auto most = bytes_most.load(); now > most;) {
        if (bytes_most.compare_exchange_weak(most, now)) break;
    }
    return block;
}

void forget_block(void* block) { bytes -= static_cast<long long>(malloc_usable_size(block)); }

template <class Function>
Function* next(char const* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

struct Report {
    ~Report() {
        auto const* path = std::getenv("DARKROOM_CALL_COUNTS");
        if (path == nullptr) return;
        auto* file = std::fopen(path, "w");
        if (file == nullptr) return;
        std::fprintf(file,
                     "{\"allocations\": %lld, \"bytes_most\": %lld, \"syncs\": %lld, "
                     "\"moves\": %lld, \"writes\": %lld}\n",
                     allocations.load(), bytes_most.load(), syncs.load(), moves.load(),
                     writes.load());
        std::fclose(file);
    }
} const report;

} // namespace

extern "C" {

void* malloc(std::size_t size) { return note_block(__libc_malloc(size)); }

void* calloc(std::size_t count, std::size_t size) { return note_block(__libc_calloc(count, size)); }

void* realloc(void* block, std::size_t size) {
    forget_block(block);
    return note_block(__libc_realloc(block, size));
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
    return note_block(__libc_memalign(alignment, size));
}

int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
    *block = note_block(__libc_memalign(alignment, size));
    return *block == nullptr ? ENOMEM : 0;
}

void free(void* block) {
    forget_block(block);
    __libc_free(block);
}

int fsync(int file) {
    ++syncs;
    static auto* const real = next<decltype(fsync)>("fsync");
    return real(file);
}

int fdatasync(int file) {
    ++syncs;
    static auto* const real = next<decltype(fdatasync)>("fdatasync");
    return real(file);
}

ssize_t recv(int socket, void* into, std::size_t size, int flags) {
    ++moves;
    static auto* const real = next<decltype(recv)>("recv");
    return real(socket, into, size, flags);
}

ssize_t __recv_chk(int socket, void* into, std::size_t size, std::size_t, int flags) {
    return recv(socket, into, size, flags);
}

ssize_t send(int socket, void const* from, std::size_t size, int flags) {
    ++moves;
    static auto* const real = next<decltype(send)>("send");
    return real(socket, from, size, flags);
}

ssize_t write(int file, void const* from, std::size_t size) {
    ++writes;
    static auto* const real = next<decltype(write)>("write");
    return real(file, from, size);
}

ssize_t pwrite64(int file, void const* from, std::size_t size, off64_t offset) {
    ++writes;
    static auto* const real = next<decltype(pwrite64)>("pwrite64");
    return real(file, from, size, offset);
}

} // extern "C"
