#include "runner/store/parts.hpp"

#include "runner/base/out_of_files.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <fcntl.h>
#include <utility>

namespace darkroom::store {

namespace {

/// Returns "parts/NAME".
std::string name_below_run(std::string const& path) {
    auto const name = path.rfind('/');
    return "parts" + path.substr(name);
}

} // namespace

Parts::Parts(std::string directory, BodyLimits limits, boost::asio::thread_pool& pool)
    : directory_(std::move(directory)), limits_(limits), pool_(pool) {
    auto kept = tidied();
    if (kept.has_error()) return; // the first new part tells of the same error
    auto const by_number = [](auto const& a, auto const& b) { return a.number < b.number; };
    std::sort(kept->parts.begin(), kept->parts.end(), by_number);
    made_ = kept->last_number;
    for (auto& part : kept->parts)
        put(part.key, {std::move(part.path), std::move(part.note), nullptr, 0});
}

Result<KeptParts> Parts::tidied() const {
    TRY_ASSIGN(auto const above, Directory::open(parent_of(directory_)));
    TRY_ASSIGN(auto const parts,
               above.below(split_path(directory_).name, Directory::Missing::is_error));
    return tidy_parts(parts);
}

void Parts::tidy() const {
    (void)tidied(); // what cannot be removed now is removed at the next start
}

Result<std::unique_ptr<ImageBody>> Parts::open(ImageKey const& key, std::string const& place,
                                               Content content) {
    TRY_ASSIGN(auto body, take(key, place, content));
    if (body != nullptr) return body;
    // A new name each time: a cancelled commit may still be renaming the last part of the image,
    // and a late sync may still note it.
    return ImageBody::create(part_path(directory_, key, ++made_), limits_, content);
}

/// Returns null when there is nothing to continue. Where files run out, the part stays.
Result<std::unique_ptr<ImageBody>> Parts::take(ImageKey const& key, std::string const& place,
                                               Content content) {
    using Body = std::unique_ptr<ImageBody>;
    auto const found = parts_.find(key);
    if (found == parts_.end() || !found->second.note.refused.empty()) return Body();
    auto& part = found->second;
    Result<Body> body = Body();
    if (part.note.place == place) body = reopen(part, content);
    if (body.has_error() && is_out_of_files(body.error().code)) return body;
    bool const is_usable = body.has_value() && *body != nullptr;
    if (!is_usable) remove_part(part.path);
    parts_.erase(found);
    return is_usable ? std::move(body) : Result<Body>(Body());
}

Result<std::unique_ptr<ImageBody>> Parts::reopen(Part& part, Content content) const {
    if (part.body == nullptr) return ImageBody::restore(part.path, part.note, limits_, content);
    TRY(part.body->reopen());
    return std::move(part.body);
}

void Parts::put(ImageKey const& key, Part part) {
    part.order = ++orders_;
    auto& kept = parts_[key];
    if (!kept.path.empty() && kept.path != part.path) remove_part(kept.path);
    kept = std::move(part);
    if (parts_.size() <= most) return;
    auto const older = [](auto const& a, auto const& b) { return a.second.order < b.second.order; };
    auto const oldest = std::min_element(parts_.begin(), parts_.end(), older);
    remove_part(oldest->second.path);
    parts_.erase(oldest);
}

void Parts::park(ImageKey const& key, std::string const& place, std::unique_ptr<ImageBody> body) {
    if (body->offset() == 0) return remove_part(body->path());
    auto note = body->note();
    note.place = place;
    body->close();
    sync(body->path(), note);
    Part part;
    part.path = body->path();
    part.note = std::move(note);
    part.body = std::move(body);
    put(key, std::move(part));
}

void Parts::note(ImageBody const& body, std::string const& place) {
    auto note = body.note();
    note.place = place;
    sync(body.path(), std::move(note));
}

/// Syncs and notes a part on the pool, which opens few files at a time. A note that could not be
/// written costs a later run a download from the start.
void Parts::sync(std::string part, PartNote note) {
    auto job = [part = std::move(part), note = std::move(note), serial = ++written_] {
        auto file = File::own(part, O_RDWR);
        if (file.has_value() && file->sync().has_value()) (void)write_note(part, note, serial);
    };
    boost::asio::post(pool_, std::move(job));
}

std::string Parts::keep_refused(ImageKey const& key, ImageBody const& body, std::string why) {
    if (body.bytes() == 0) {
        remove_part(body.path());
        return {};
    }
    Part part;
    part.path = body.path();
    part.note.bytes = body.bytes();
    part.note.refused = std::move(why);
    if (write_note(part.path, part.note, ++written_).has_error()) {
        remove_part(part.path);
        return {};
    }
    auto name = name_below_run(part.path);
    put(key, std::move(part));
    return name;
}

void Parts::forget(ImageKey const& key) {
    auto const found = parts_.find(key);
    if (found == parts_.end()) return;
    remove_part(found->second.path);
    parts_.erase(found);
}

} // namespace darkroom::store
