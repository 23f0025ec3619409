#include "runner/store/thumbnails.hpp"

#include "runner/base/relative_path.hpp"
#include "runner/store/atomic_file.hpp"
#include "runner/store/error.hpp"
#include "runner/store/thumbnail.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <sys/file.h>
#include <thread>
#include <unordered_set>

namespace darkroom::store {

namespace {

/// The first line of the index. Another one, as of a version with other sizes, is not read.
constexpr std::string_view index_title = "darkroom thumbnails 1\n";
constexpr std::string_view thumbnail_ending = ".webp";
constexpr std::string_view unfinished_ending = ".part";
constexpr std::size_t digest_digits = 64;
constexpr std::size_t index_line_bytes = digest_digits + 8; // digits, a blank, the colour, an end
constexpr std::uint64_t index_bytes_max = 1u << 30;

/// Lets threads hold some bytes together. A single one may hold more.
class SharedBytes {
public:
    void take(std::uint64_t bytes) {
        std::unique_lock lock(mutex_);
        freed_.wait(lock, [&] { return held_ == 0 || held_ + bytes <= thumbnail_bytes_held_max; });
        held_ += bytes;
    }
    void give_back(std::uint64_t bytes) {
        {
            std::lock_guard const lock(mutex_);
            held_ -= bytes;
        }
        freed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable freed_;
    std::uint64_t held_ = 0;
};

/// Holds some of them while it exists.
class HeldBytes {
public:
    HeldBytes(SharedBytes& shared, std::uint64_t bytes) : shared_(shared), bytes_(bytes) {
        shared_.take(bytes_);
    }
    HeldBytes(HeldBytes const&) = delete;
    HeldBytes& operator=(HeldBytes const&) = delete;
    ~HeldBytes() { shared_.give_back(bytes_); }

private:
    SharedBytes& shared_;
    std::uint64_t bytes_;
};

SharedBytes& bytes_of_pictures() {
    static SharedBytes shared;
    return shared;
}

std::string name_of_thumbnail(Digest const& sha256) {
    return to_hex(sha256) + std::string(thumbnail_ending);
}

/// Returns the digest that names a thumbnail.
std::optional<Digest> digest_in(std::string_view name) {
    Digest digest{};
    if (!name.ends_with(thumbnail_ending)) return std::nullopt;
    name.remove_suffix(thumbnail_ending.size());
    return from_hex(name, digest) ? std::optional(digest) : std::nullopt;
}

std::optional<std::uint32_t> colour_in(std::string_view digits) {
    std::uint32_t colour = 0;
    for (char const c : digits) {
        auto const at = std::string_view("0123456789abcdef").find(c);
        if (at == std::string_view::npos) return std::nullopt;
        colour = colour << 4 | static_cast<std::uint32_t>(at);
    }
    return colour;
}

unsigned thumbnail_threads() { return std::clamp(std::thread::hardware_concurrency(), 1U, 16U); }

} // namespace

/// The outcome for a picture: a colour, a note, or an error of the disk.
struct Thumbnails::Made {
    std::optional<std::uint32_t> colour;
    std::string note;
    Result<> written;
};

std::size_t Thumbnails::HashOfName::operator()(Digest const& digest) const {
    std::size_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
}

Result<Thumbnails> Thumbnails::open(std::string directory) {
    Thumbnails thumbnails;
    thumbnails.directory_ = std::move(directory);
    TRY_ASSIGN(auto const top, Directory::open(thumbnails.directory_));
    TRY_ASSIGN(thumbnails.folder_, top.below("thumbs", Directory::Missing::is_made));
    TRY(thumbnails.lock());
    TRY(thumbnails.read_index());
    TRY(thumbnails.read_names());
    return thumbnails;
}

/// Locks the folder itself, so that no lock file is left behind.
Result<> Thumbnails::lock() {
    TRY_ASSIGN(lock_, File::open(folder_.path(), O_RDONLY | O_DIRECTORY));
    while (::flock(lock_.descriptor(), LOCK_EX) != 0)
        if (errno != EINTR) return file_error("lock", folder_.path());
    return {};
}

Result<> Thumbnails::read_index() {
    auto const path = folder_.path() + "/index.txt";
    if (!exists(path)) return {};
    TRY(check_own(path));
    TRY_ASSIGN(auto const text, read_file(path, index_bytes_max));
    if (!text.starts_with(index_title)) return {};
    std::string_view lines = text;
    lines.remove_prefix(index_title.size());
    for (; lines.size() >= index_line_bytes; lines.remove_prefix(index_line_bytes)) {
        Digest digest{};
        auto const colour = colour_in(lines.substr(digest_digits + 1, 6));
        if (from_hex(lines.substr(0, digest_digits), digest) && colour) colours_[digest] = *colour;
    }
    return {};
}

/// Forgets thumbnails that are not there, and removes files that were being written.
Result<> Thumbnails::read_names() {
    std::unordered_set<Digest, HashOfName> there;
    std::vector<std::string> unfinished;
    TRY(folder_.for_each_name([&](std::string_view name) {
        if (auto const digest = digest_in(name)) there.insert(*digest);
        if (name.ends_with(unfinished_ending)) unfinished.emplace_back(name);
    }));
    for (auto const& name : unfinished) TRY(folder_.remove(name));
    std::erase_if(colours_, [&](auto const& known) { return !there.contains(known.first); });
    return {};
}

std::optional<std::uint32_t> Thumbnails::colour_of(Digest const& sha256) const {
    auto const found = colours_.find(sha256);
    return found == colours_.end() ? std::nullopt : std::optional(found->second);
}

/// Runs on any thread.
void Thumbnails::make_one(ThumbnailSource const& source, Made& made) const {
    auto const problem = [&](std::string_view why) {
        made.note = fmt::format("{}: {}; it has no thumbnail", source.file, why);
    };
    if (!stays_below(source.file)) return problem("the name leads out of the run directory");
    auto const path = directory_ + "/" + source.file;
    auto const size = file_size(path);
    if (size.has_error()) return problem(size.error().message());
    if (*size > thumbnail_source_bytes_max) return problem("the file is very large");
    HeldBytes const held(bytes_of_pictures(), *size);
    auto const bytes = read_file(path, thumbnail_source_bytes_max);
    if (bytes.has_error()) return problem(bytes.error().message());
    if (sha256(*bytes) != source.sha256)
        return problem("it is not as it was saved, see 'darkroom verify'");
    auto const thumbnail = make_thumbnail(*bytes);
    if (thumbnail.has_error()) return problem(thumbnail.error().message());
    auto const name = name_of_thumbnail(source.sha256);
    auto const part = name + std::string(unfinished_ending);
    made.written = [&]() -> Result<> {
        {
            TRY_ASSIGN(auto file, folder_.file(part, O_WRONLY | O_CREAT | O_TRUNC));
            TRY(file.write(thumbnail->webp));
        }
        return folder_.take_over(folder_.path() + "/" + part, name);
    }();
    if (made.written.has_value()) made.colour = thumbnail->colour;
}

Result<std::size_t> Thumbnails::make(std::span<ThumbnailSource const> sources,
                                     std::function<void(std::string const&)> const& note) {
    std::unordered_set<Digest, HashOfName> begun;
    std::vector<ThumbnailSource const*> missing;
    for (auto const& source : sources)
        if (!colours_.contains(source.sha256) && begun.insert(source.sha256).second)
            missing.push_back(&source);
    if (missing.empty()) return std::size_t{0};
    std::vector<Made> made(missing.size());
    {
        boost::asio::thread_pool pool(thumbnail_threads());
        for (std::size_t at = 0; at < missing.size(); ++at)
            boost::asio::post(pool, [&, at] { make_one(*missing[at], made[at]); });
        pool.join();
    }
    std::size_t count = 0;
    for (std::size_t at = 0; at < missing.size(); ++at) {
        TRY(made[at].written);
        if (!made[at].note.empty()) note(made[at].note);
        if (!made[at].colour) continue;
        colours_[missing[at]->sha256] = *made[at].colour;
        has_new_ = true;
        ++count;
    }
    return count;
}

/// All new files are made durable by one sync of the disk: a sync for each would take most of the
/// time. Only then are they listed.
Result<> Thumbnails::save() {
    if (!has_new_) return {};
    TRY(sync_disk_of(folder_.path()));
    std::string text(index_title);
    text.reserve(text.size() + index_line_bytes * colours_.size());
    for (auto const& [digest, colour] : colours_)
        text += fmt::format("{} {:06x}\n", to_hex(digest), colour);
    TRY(write_atomically({folder_.path() + "/index.txt.part", folder_.path(), "index.txt"}, text));
    has_new_ = false;
    return {};
}

} // namespace darkroom::store
