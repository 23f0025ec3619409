#include "runner/export/tar_writer.hpp"

#include "runner/export/error.hpp"

#include <cerrno>

#if DARKROOM_HAS_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

namespace darkroom::exports {

#if DARKROOM_HAS_LIBARCHIVE

struct TarWriter::State {
    Write write;
    Result<> failure;
    archive* file = archive_write_new();
    archive_entry* entry = archive_entry_new();

    State() = default;
    State(State const&) = delete;
    State& operator=(State const&) = delete;
    ~State() {
        archive_entry_free(entry);
        archive_write_free(file);
    }

    Error error() const {
        if (failure.has_error()) return failure.error();
        auto const* text = archive_error_string(file);
        return system_error_of(EIO, text != nullptr ? text : "cannot write a tar file");
    }

    static la_ssize_t take(archive* file, void* self, void const* bytes, std::size_t size) {
        auto& state = *static_cast<State*>(self);
        state.failure = state.write({static_cast<char const*>(bytes), size});
        if (state.failure.has_value()) return static_cast<la_ssize_t>(size);
        archive_set_error(file, EIO, "cannot write");
        return -1;
    }
};

std::string TarWriter::why_missing() { return {}; }

Result<TarWriter> TarWriter::begin(Write write) {
    TarWriter writer;
    writer.state_ = std::make_unique<State>();
    auto& state = *writer.state_;
    state.write = std::move(write);
    bool const is_open =
        archive_write_set_format_ustar(state.file) == ARCHIVE_OK &&
        archive_write_add_filter_none(state.file) == ARCHIVE_OK &&
        archive_write_set_bytes_per_block(state.file, 25 * 10240) == ARCHIVE_OK &&
        archive_write_set_bytes_in_last_block(state.file, 10240) == ARCHIVE_OK &&
        archive_write_open(state.file, &state, nullptr, State::take, nullptr) == ARCHIVE_OK;
    if (!is_open) return state.error();
    return writer;
}

Result<> TarWriter::add(std::string const& name, std::string_view bytes) {
    auto& state = *state_;
    auto* const entry = archive_entry_clear(state.entry);
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, 0, 0);
    if (archive_write_header(state.file, entry) != ARCHIVE_OK) return state.error();
    if (bytes.empty()) return {};
    auto const written = archive_write_data(state.file, bytes.data(), bytes.size());
    if (written != static_cast<la_ssize_t>(bytes.size())) return state.error();
    return {};
}

Result<> TarWriter::finish() {
    auto const state = std::move(state_);
    if (archive_write_close(state->file) != ARCHIVE_OK) return state->error();
    return {};
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
