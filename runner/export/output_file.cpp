#include "runner/export/output_file.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

namespace darkroom::exports {

namespace {

constexpr std::size_t buffer_bytes = 256u << 10;

} // namespace

Result<OutputFile> OutputFile::create(int directory, std::string part) {
    OutputFile file;
    file.file_ = Descriptor(::openat(directory, part.c_str(),
                                     O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!file.file_.is_open()) return file_error("create", part);
    file.directory_ = directory;
    file.part_ = std::move(part);
    return file;
}

OutputFile OutputFile::create_unnamed(int directory) {
    OutputFile file;
    file.file_ = Descriptor(::openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666));
    return file;
}

OutputFile::~OutputFile() {
    if (file_.is_open() && !part_.empty()) ::unlinkat(directory_, part_.c_str(), 0);
}

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
    std::swap(directory_, other.directory_);
    std::swap(part_, other.part_);
    std::swap(file_, other.file_);
    std::swap(buffer_, other.buffer_);
    std::swap(hash_, other.hash_);
    std::swap(bytes_, other.bytes_);
    return *this;
}

Result<> OutputFile::write(std::string_view bytes) {
    bytes_ += bytes.size();
    bool const is_large = bytes.size() > buffer_bytes / 4;
    if (is_large || buffer_.size() + bytes.size() > buffer_bytes) {
        TRY(flush());
    }
    if (is_large) return write_now(bytes);
    buffer_ += bytes;
    return {};
}

Result<> OutputFile::flush() {
    auto const written = write_now(buffer_);
    buffer_.clear();
    return written;
}

Result<> OutputFile::write_now(std::string_view bytes) {
    if (bytes.empty()) return {};
    if (!hash_) hash_.emplace();
    hash_->update(bytes);
    return write_all(file_.number(), bytes, part_);
}

Result<Digest> OutputFile::finish() {
    TRY(flush());
    return hash_ ? hash_->so_far() : sha256({});
}

void OutputFile::release() { file_ = Descriptor(); }

Result<> write_all(int descriptor, std::string_view bytes, std::string const& name) {
    while (!bytes.empty()) {
        auto const count = ::write(descriptor, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return file_error("write", name);
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

Result<Digest> digest_of(int descriptor, std::uint64_t bytes, std::string const& name) {
    constexpr std::size_t piece = 256u << 10;
    thread_local auto const buffer = std::make_unique<char[]>(piece);
    Sha256 hash;
    for (std::uint64_t at = 0; at < bytes;) {
        auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece, bytes - at));
        auto const count = ::pread(descriptor, buffer.get(), wanted, static_cast<off_t>(at));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return file_error("read", name);
        if (count == 0) break;
        hash.update({buffer.get(), static_cast<std::size_t>(count)});
        at += static_cast<std::uint64_t>(count);
    }
    return hash.finish();
}

} // namespace darkroom::exports
