#include "runner/export/output_directory.hpp"

#include "runner/base/quick_hash.hpp"
#include "runner/base/relative_path.hpp"
#include "runner/base/text.hpp"
#include "runner/export/sums.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace darkroom::exports {

namespace {

constexpr auto marker_name = ".darkroom-export.json";
constexpr auto list_name = ".darkroom-export.list";
constexpr std::string_view own_prefix = ".darkroom-export";
constexpr std::uint64_t small_file_max = 1u << 30;
constexpr std::uint64_t files_synced_max = 64;

Result<> make_with_parents(std::string const& path) {
    if (::mkdir(path.c_str(), 0777) == 0 || errno == EEXIST) return {};
    auto const slash = path.rfind('/');
    if (errno != ENOENT || slash == path.npos || slash == 0) return file_error("create", path);
    TRY(make_with_parents(path.substr(0, slash)));
    if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) return file_error("create", path);
    return {};
}

/// Returns the names in an open directory.
Result<std::set<std::string>> names_in(int directory, std::string const& path) {
    auto const again = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto* const stream = again < 0 ? nullptr : ::fdopendir(again);
    if (stream == nullptr) return file_error("read", path);
    std::set<std::string> names;
    while (auto const* entry = ::readdir(stream)) names.insert(entry->d_name);
    ::closedir(stream);
    names.erase(".");
    names.erase("..");
    return names;
}

/// Returns how the words of an export differ from those of the one that is there; "" if they agree.
std::string difference_of(json::Value const& there, json::Value const& now) {
    for (auto const* key : {"darkroom_export", "format", "directories"}) {
        auto const* before = there.find(key);
        auto const* after = now.find(key);
        auto const text = [](json::Value const* value) {
            return value != nullptr ? json::write(*value) : std::string("null");
        };
        if (text(before) != text(after))
            return fmt::format("{} {} instead of {}", key, text(before), text(after));
    }
    auto const* before = there.find("options");
    auto const* after = now.find("options");
    if (before == nullptr || !before->is_object()) return "no options";
    for (auto const& [key, value] : *after->object()) {
        auto const* old = before->find(key);
        auto const text = old != nullptr ? json::write(*old) : "null";
        if (text != json::write(value))
            return fmt::format("{} {} instead of {}", key, text, json::write(value));
    }
    return {};
}

} // namespace

Result<OutputDirectory> OutputDirectory::open(std::string const& path, json::Value const& marker) {
    OutputDirectory out;
    out.path_ = path;
    TRY(make_with_parents(path));
    out.top_ = std::make_unique<Descriptor>(
        ::openat(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!out.top_->is_open()) return file_error("open", path);
    if (::flock(out.top_->number(), LOCK_EX | LOCK_NB) != 0)
        return Error(Errc::busy, fmt::format("{}: wait until it has ended", path));
    TRY(out.check_marker(marker));
    TRY(out.read_names());
    TRY_ASSIGN(out.sums_, out.create());
    return out;
}

Result<> OutputDirectory::check_marker(json::Value const& marker) {
    TRY_ASSIGN(auto const names, names_in(top_->number(), path_));
    if (names.contains(marker_name)) {
        TRY_ASSIGN(auto const text, read(marker_name));
        auto const there = json::read(text);
        if (there.has_error() || !there->is_object())
            return Error(Errc::not_ours, fmt::format("{}/{}", path_, marker_name));
        auto const difference = difference_of(*there, marker);
        if (!difference.empty())
            return Error(Errc::other_options,
                         fmt::format("{} has an export with {}: give the same directories and "
                                     "options to go on with it, give another -o, or remove {}",
                                     path_, difference, path_));
        return {};
    }
    for (auto const& name : names) {
        if (!name.starts_with(own_prefix))
            return Error(Errc::not_ours,
                         fmt::format("{} is neither empty nor an export (it has '{}'): give "
                                     "another -o",
                                     path_, name));
    }
    return note(marker_name, json::write(marker) + "\n");
}

Result<> OutputDirectory::note(std::string const& name, std::string_view bytes) {
    TRY_ASSIGN(auto file, create());
    TRY(file.write(bytes));
    TRY(file.finish());
    if (::renameat(top_->number(), file.part().c_str(), top_->number(), name.c_str()) != 0)
        return file_error("rename", path_ + "/" + name);
    file.release();
    return {};
}

/// Reads which names are ours, and begins the list of this start with them.
Result<> OutputDirectory::read_names() {
    TRY_ASSIGN(auto const listed, read(list_name));
    for (auto const line : split(listed, '\n'))
        if (stays_below(line) && !line.empty()) earlier_.emplace(line);
    TRY_ASSIGN(auto const sums, read("SHA256SUMS"));
    if (!sums.empty()) {
        earlier_sums_ = to_hex(sha256(sums));
        for_each_sum(sums, [this](SumLine const& line) {
            if (stays_below(line.name)) earlier_.emplace(line.name);
        });
        earlier_.emplace("SHA256SUMS");
        earlier_.emplace("SHA256SUMS.sig");
    }
    for (auto const& name : *names_in(top_->number(), path_))
        if (name.starts_with(part_name)) ::unlinkat(top_->number(), name.c_str(), 0);
    TRY_ASSIGN(auto file, create());
    for (auto const& name : earlier_) {
        TRY(file.write(name + "\n"));
    }
    TRY(file.finish());
    if (::renameat(top_->number(), file.part().c_str(), top_->number(), list_name) != 0)
        return file_error("rename", path_ + "/" + list_name);
    list_ = Descriptor(::fcntl(file.descriptor(), F_DUPFD_CLOEXEC, 0));
    file.release();
    return {};
}

Result<std::string> OutputDirectory::read(std::string const& name) {
    Descriptor const file(
        ::openat(top_->number(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file.is_open() && errno == ENOENT) return std::string();
    struct stat info {};
    if (!file.is_open() || ::fstat(file.number(), &info) != 0)
        return file_error("open", path_ + "/" + name);
    auto const size = static_cast<std::uint64_t>(info.st_size);
    if (!S_ISREG(info.st_mode) || size > small_file_max)
        return Error(Errc::not_ours, path_ + "/" + name);
    std::string text(size, '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        auto const count = ::pread(file.number(), text.data() + have, text.size() - have,
                                   static_cast<off_t>(have));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return file_error("read", path_ + "/" + name);
        if (count == 0) break;
        have += static_cast<std::size_t>(count);
    }
    text.resize(have);
    return text;
}

std::string OutputDirectory::next_part() { return fmt::format("{}-{}", part_name, parts_++); }

Result<OutputFile> OutputDirectory::create() {
    return OutputFile::create(top_->number(), next_part());
}

Result<OutputDirectory::Way> OutputDirectory::way_of(std::string const& name) {
    auto const slash = name.rfind('/');
    if (slash == name.npos) return Way{top_->number(), name};
    auto const folder = name.substr(0, slash);
    auto found = below_.find(folder);
    if (found == below_.end()) {
        if (::mkdirat(top_->number(), folder.c_str(), 0777) != 0 && errno != EEXIST)
            return file_error("create", path_ + "/" + folder);
        Descriptor opened(::openat(top_->number(), folder.c_str(),
                                   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!opened.is_open()) return file_error("open", path_ + "/" + folder);
        found = below_.emplace(folder, std::move(opened)).first;
    }
    return Way{found->second.number(), name.substr(slash + 1)};
}

Result<> OutputDirectory::announce(std::string const& name) {
    auto const hash = quick_hash(name, 0);
    used_.insert(hash);
    if (next_.contains(hash) || earlier_.contains(name)) return {};
    return write_all(list_.number(), name + "\n", path_ + "/" + list_name);
}

Result<> OutputDirectory::announce_next(std::vector<std::string> const& names) {
    next_.clear();
    std::string lines;
    for (auto const& name : names) {
        next_.insert(quick_hash(name, 0));
        if (!earlier_.contains(name)) lines += name + "\n";
    }
    return write_all(list_.number(), lines, path_ + "/" + list_name);
}

Result<> OutputDirectory::clear(Way const& way, std::string const& name) {
    struct stat info {};
    if (::fstatat(way.directory, way.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return {};
    if (!S_ISREG(info.st_mode) || !earlier_.contains(name))
        return Error(Errc::not_ours, fmt::format("{}/{} is there: move it away", path_, name));
    if (::unlinkat(way.directory, way.name.c_str(), 0) != 0)
        return file_error("replace", path_ + "/" + name);
    return {};
}

Result<Digest> OutputDirectory::commit(OutputFile file, std::string const& name) {
    TRY_ASSIGN(auto const digest, file.finish());
    TRY_ASSIGN(auto const way, way_of(name));
    // Some files are made durable one by one; of many, the whole disk is, once at the end.
    if (++files_ > files_synced_max)
        needs_sync_ = true;
    else if (::fdatasync(file.descriptor()) != 0)
        return file_error("sync", path_ + "/" + name);
    TRY(clear(way, name));
    TRY(announce(name));
    if (::renameat(top_->number(), file.part().c_str(), way.directory, way.name.c_str()) != 0)
        return file_error("rename", path_ + "/" + name);
    file.release();
    TRY(add_sum(name, to_hex(digest)));
    return digest;
}

Result<> OutputDirectory::write(std::string const& name, std::string_view bytes) {
    TRY_ASSIGN(auto const is_there, keep(name, bytes.size(), to_hex(sha256(bytes))));
    if (is_there) return {};
    TRY_ASSIGN(auto file, create());
    TRY(file.write(bytes));
    TRY(commit(std::move(file), name));
    return {};
}

Result<bool> OutputDirectory::keep(std::string const& name, std::uint64_t bytes,
                                   std::string const& sha256) {
    if (!earlier_.contains(name)) return false;
    TRY_ASSIGN(auto const way, way_of(name));
    Descriptor const file(
        ::openat(way.directory, way.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat info {};
    bool const is_file = file.is_open() && ::fstat(file.number(), &info) == 0 &&
                         S_ISREG(info.st_mode) && static_cast<std::uint64_t>(info.st_size) == bytes;
    if (!is_file) return false;
    TRY_ASSIGN(auto const digest, digest_of(file.number(), bytes, path_ + "/" + name));
    if (to_hex(digest) != sha256) return false;
    TRY(announce(name));
    TRY(add_sum(name, sha256));
    return true;
}

Result<> OutputDirectory::add_sum(std::string const& name, std::string_view sha256) {
    return sums_.write(fmt::format("{}  {}\n", sha256, name));
}

Result<> OutputDirectory::remove_leftovers() {
    for (auto const& name : earlier_) {
        if (used_.contains(quick_hash(name, 0)) || name.starts_with("SHA256SUMS")) continue;
        TRY_ASSIGN(auto const way, way_of(name));
        struct stat info {};
        if (::fstatat(way.directory, way.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
        if (S_ISREG(info.st_mode)) ::unlinkat(way.directory, way.name.c_str(), 0);
    }
    return {};
}

Result<> OutputDirectory::finish() {
    TRY(remove_leftovers());
    TRY_ASSIGN(auto const digest, sums_.finish());
    if (::fdatasync(sums_.descriptor()) != 0) return file_error("sync", path_ + "/SHA256SUMS");
    if (needs_sync_ && ::syncfs(top_->number()) != 0) return file_error("sync", path_);
    if (to_hex(digest) != earlier_sums_) ::unlinkat(top_->number(), "SHA256SUMS.sig", 0);
    if (::renameat(top_->number(), sums_.part().c_str(), top_->number(), "SHA256SUMS") != 0)
        return file_error("rename", path_ + "/SHA256SUMS");
    sums_.release();
    ::unlinkat(top_->number(), list_name, 0);
    for (auto const& [name, directory] : below_)
        if (::fsync(directory.number()) != 0) return file_error("sync", path_ + "/" + name);
    if (::fsync(top_->number()) != 0) return file_error("sync", path_);
    return {};
}

} // namespace darkroom::exports
