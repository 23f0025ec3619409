#include "runner/studio/tasks/input_store.hpp"

#include "runner/base/sha256.hpp"
#include "runner/base/whole_file.hpp"
#include "runner/studio/http/error.hpp"
#include "runner/studio/paint/image_codec.hpp"
#include "runner/studio/tasks/own_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <unistd.h>

namespace darkroom::studio {

namespace {

bool write_input(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        auto const written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// Writes a file so that it is whole, and on the disk, when it has its final name.
Result<> write_whole(std::string const& path, std::string const& bytes) {
    std::error_code failure;
    if (std::filesystem::exists(path, failure)) return {};
    auto const part = path + ".part";
    TRY_ASSIGN(int const descriptor, open_own_file(part, O_WRONLY | O_CREAT | O_TRUNC));
    bool const whole = write_input(descriptor, bytes) && ::fsync(descriptor) == 0;
    int const number = errno;
    ::close(descriptor);
    if (!whole) return system_error_of(number, "writing " + part);
    std::filesystem::rename(part, path, failure);
    if (failure) return Error(Errc::bad_archive, path + ": " + failure.message());
    return {};
}

} // namespace

Result<std::string> InputStore::put(std::string bytes) {
    auto name = to_hex(sha256(bytes));
    if (!directory_.empty()) {
        TRY(write_whole(directory_ + "/" + name, bytes));
    }
    if (!index_.contains(name))
        remember({name, std::make_shared<std::string const>(std::move(bytes))});
    return name;
}

void InputStore::remember(Kept kept) {
    bytes_ += kept.bytes->size();
    kept_.push_front(std::move(kept));
    index_[kept_.front().name] = kept_.begin();
    // The latest stays, whatever its size: it is in use.
    while (bytes_ > bytes_max_ && kept_.size() > 1) {
        bytes_ -= kept_.back().bytes->size();
        index_.erase(kept_.back().name);
        kept_.pop_back();
    }
}

std::shared_ptr<std::string const> InputStore::get(std::string const& name) {
    if (name.empty()) return nullptr;
    if (auto const found = index_.find(name); found != index_.end()) {
        kept_.splice(kept_.begin(), kept_, found->second);
        return found->second->bytes;
    }
    if (directory_.empty()) return nullptr;
    auto read = read_whole_file(directory_ + "/" + name, image_bytes_max);
    if (!read) return nullptr;
    auto bytes = std::make_shared<std::string const>(std::move(*read));
    remember({name, bytes});
    return bytes;
}

} // namespace darkroom::studio
