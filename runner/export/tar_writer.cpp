#include "runner/export/tar_writer.hpp"

#include "runner/base/try.hpp"
#include "runner/export/error.hpp"

#include <cerrno>

#if DARKROOM_HAS_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#endif

namespace darkroom::exports {

#if DARKROOM_HAS_LIBARCHIVE

namespace {

constexpr std::size_t record_bytes = 10240; // a tar file is filled up to whole records

/// The functions of libarchive. It is loaded when the first tar file is written: it brings eleven
/// more libraries, which would cost every start of the program a third of its time.
struct LibArchive {
    decltype(&::archive_write_new) write_new = nullptr;
    decltype(&::archive_write_free) write_free = nullptr;
    decltype(&::archive_entry_new) entry_new = nullptr;
    decltype(&::archive_entry_free) entry_free = nullptr;
    decltype(&::archive_entry_clear) entry_clear = nullptr;
    decltype(&::archive_entry_set_pathname) set_pathname = nullptr;
    decltype(&::archive_entry_set_size) set_size = nullptr;
    decltype(&::archive_entry_set_filetype) set_filetype = nullptr;
    decltype(&::archive_entry_set_perm) set_perm = nullptr;
    decltype(&::archive_entry_set_mtime) set_mtime = nullptr;
    decltype(&::archive_write_set_format_ustar) set_format_ustar = nullptr;
    decltype(&::archive_write_add_filter_none) add_filter_none = nullptr;
    decltype(&::archive_write_set_bytes_per_block) set_bytes_per_block = nullptr;
    decltype(&::archive_write_open) write_open = nullptr;
    decltype(&::archive_write_header) write_header = nullptr;
    decltype(&::archive_write_data) write_data = nullptr;
    decltype(&::archive_write_close) write_close = nullptr;
    decltype(&::archive_error_string) error_string = nullptr;
    std::string problem; ///< Why it cannot be used; "" when it can.

    LibArchive();

private:
    template <class Function>
    void find(void* library, char const* name, Function& function) {
        function = reinterpret_cast<Function>(::dlsym(library, name));
        if (function == nullptr) problem = std::string("it has no ") + name;
    }
};

LibArchive::LibArchive() {
    auto* const library = ::dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        auto const* why = ::dlerror();
        problem = why != nullptr ? why : "it cannot be loaded";
        return;
    }
    find(library, "archive_write_new", write_new);
    find(library, "archive_write_free", write_free);
    find(library, "archive_entry_new", entry_new);
    find(library, "archive_entry_free", entry_free);
    find(library, "archive_entry_clear", entry_clear);
    find(library, "archive_entry_set_pathname", set_pathname);
    find(library, "archive_entry_set_size", set_size);
    find(library, "archive_entry_set_filetype", set_filetype);
    find(library, "archive_entry_set_perm", set_perm);
    find(library, "archive_entry_set_mtime", set_mtime);
    find(library, "archive_write_set_format_ustar", set_format_ustar);
    find(library, "archive_write_add_filter_none", add_filter_none);
    find(library, "archive_write_set_bytes_per_block", set_bytes_per_block);
    find(library, "archive_write_open", write_open);
    find(library, "archive_write_header", write_header);
    find(library, "archive_write_data", write_data);
    find(library, "archive_write_close", write_close);
    find(library, "archive_error_string", error_string);
}

LibArchive const& libarchive() {
    static LibArchive const library;
    return library;
}

} // namespace

struct TarWriter::State {
    LibArchive const& library = libarchive();
    Write write;
    Result<> failure;
    std::uint64_t bytes = 0;
    archive* file = library.write_new();
    archive_entry* entry = library.entry_new();

    State() = default;
    State(State const&) = delete;
    State& operator=(State const&) = delete;
    ~State() {
        library.entry_free(entry);
        library.write_free(file);
    }

    Error error() const {
        if (failure.has_error()) return failure.error();
        auto const* text = library.error_string(file);
        return system_error_of(EIO, text != nullptr ? text : "cannot write a tar file");
    }

    /// Takes all bytes, also after an error: libarchive leaks memory when this returns one.
    static la_ssize_t take(archive*, void* self, void const* bytes, std::size_t size) {
        auto& state = *static_cast<State*>(self);
        if (state.failure.has_value())
            state.failure = state.write({static_cast<char const*>(bytes), size});
        state.bytes += size;
        return static_cast<la_ssize_t>(size);
    }
};

std::string TarWriter::why_missing() {
    auto const& problem = libarchive().problem;
    if (problem.empty()) return {};
    return "libarchive, which writes tar files, is missing (" + problem +
           "): install the package libarchive13";
}

Result<TarWriter> TarWriter::begin(Write write) {
    if (auto why = why_missing(); !why.empty()) return Error(Errc::not_built, std::move(why));
    TarWriter writer;
    writer.state_ = std::make_unique<State>();
    auto& state = *writer.state_;
    state.write = std::move(write);
    auto const& library = state.library;
    bool const is_open =
        library.set_format_ustar(state.file) == ARCHIVE_OK &&
        library.add_filter_none(state.file) == ARCHIVE_OK &&
        library.set_bytes_per_block(state.file, 0) == ARCHIVE_OK && // gathered by `write`
        library.write_open(state.file, &state, nullptr, State::take, nullptr) == ARCHIVE_OK;
    if (!is_open) return state.error();
    return writer;
}

Result<> TarWriter::add(std::string const& name, std::string_view bytes) {
    auto& state = *state_;
    auto const& library = state.library;
    auto* const entry = library.entry_clear(state.entry);
    library.set_pathname(entry, name.c_str());
    library.set_size(entry, static_cast<la_int64_t>(bytes.size()));
    library.set_filetype(entry, AE_IFREG);
    library.set_perm(entry, 0644);
    library.set_mtime(entry, 0, 0);
    if (library.write_header(state.file, entry) != ARCHIVE_OK) return state.error();
    if (bytes.empty() || state.failure.has_error()) return state.failure;
    auto const written = library.write_data(state.file, bytes.data(), bytes.size());
    if (written != static_cast<la_ssize_t>(bytes.size())) return state.error();
    return state.failure;
}

Result<> TarWriter::finish() {
    auto const state = std::move(state_);
    if (state->library.write_close(state->file) != ARCHIVE_OK) return state->error();
    TRY(state->failure);
    auto const over = state->bytes % record_bytes;
    return over == 0 ? Result<>() : state->write(std::string(record_bytes - over, '\0'));
}

#else

struct TarWriter::State {};

std::string TarWriter::why_missing() {
    return "the program was built without libarchive, which writes tar files: install "
           "libarchive-dev (examples/packages.sh does) and build it again with examples/build.sh";
}

Result<TarWriter> TarWriter::begin(Write) { return Error(Errc::not_built, why_missing()); }

Result<> TarWriter::add(std::string const&, std::string_view) {
    return Error(Errc::not_built, why_missing());
}

Result<> TarWriter::finish() { return Error(Errc::not_built, why_missing()); }

#endif

TarWriter::TarWriter() = default;
TarWriter::~TarWriter() = default;
TarWriter::TarWriter(TarWriter&&) noexcept = default;
TarWriter& TarWriter::operator=(TarWriter&&) noexcept = default;

} // namespace darkroom::exports
