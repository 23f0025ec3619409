#include "runner/store/image_body.hpp"

#include "runner/base/text.hpp"
#include "runner/store/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace darkroom::store {

namespace {

/// Returns true for types that are certainly not an image: an error page, the service's JSON.
bool is_text_type(std::string_view content_type) {
    auto const type = to_lower(trim(content_type.substr(0, content_type.find(';'))));
    return type.starts_with("text/") || type.ends_with("json") || type.ends_with("xml") ||
           type == "application/javascript";
}

Error too_large(std::uint64_t bytes, std::uint64_t limit) {
    return {Errc::too_large, fmt::format("{} bytes, limit {}", bytes, limit)};
}

} // namespace

Result<std::unique_ptr<ImageBody>> ImageBody::create(std::string path, BodyLimits limits,
                                                     Content content) {
    TRY_ASSIGN(auto file, File::own(path, O_RDWR | O_CREAT | O_TRUNC));
    std::unique_ptr<ImageBody> body(new ImageBody(limits, content));
    body->path_ = std::move(path);
    body->file_ = std::move(file);
    return body;
}

Result<std::unique_ptr<ImageBody>> ImageBody::restore(std::string path, PartNote const& note,
                                                      BodyLimits limits, Content content) {
    std::unique_ptr<ImageBody> body(new ImageBody(limits, content));
    body->path_ = std::move(path);
    TRY_ASSIGN(auto file, File::own(body->path_, O_RDWR));
    auto const add = [&body](std::string_view piece) { return body->add(piece); };
    TRY(file.read(note.bytes, add));
    if (to_hex(body->hash_.so_far()) != note.sha256)
        return Error(Errc::bad_structure, body->path_ + " has other bytes than were noted");
    TRY(file.truncate(note.bytes));
    body->file_ = std::move(file);
    TRY(body->reopen());
    body->etag_ = note.etag;
    return body;
}

Result<> ImageBody::reopen() {
    if (!file_.is_open()) {
        TRY_ASSIGN(file_, File::own(path_, O_RDWR));
    }
    if (::lseek(file_.descriptor(), static_cast<off_t>(received_), SEEK_SET) < 0)
        return file_error("go on in", path_);
    return {};
}

std::string const& ImageBody::etag() const {
    static std::string const none;
    // A weak tag says "means the same", not "is the same bytes".
    bool const is_good = !failure_ && !refusal_ && received_ > 0;
    return is_good && !etag_.starts_with("W/") ? etag_ : none;
}

PartNote ImageBody::note() const {
    PartNote note;
    note.bytes = received_;
    note.sha256 = to_hex(hash_.so_far());
    note.etag = etag();
    return note;
}

Result<> ImageBody::begin(BodyStart const& start) {
    auto fits = check_start(start);
    if (fits.has_error()) return keep(fits.error());
    if (start.offset == 0) {
        auto fresh = start_over();
        if (fresh.has_error()) return keep(fresh.error());
        etag_ = start.etag;
        if (is_text_type(start.content_type))
            refusal_ =
                Error(Errc::not_an_image, fmt::format("content type '{}'", start.content_type));
    }
    length_.reset();
    if (start.length) length_ = start.offset + *start.length;
    return {};
}

Result<> ImageBody::check_start(BodyStart const& start) const {
    if (start.offset != 0 && (failure_ || start.offset != received_))
        return Error(Errc::wrong_range,
                     fmt::format("begins at byte {}, {} are here", start.offset, received_));
    if (start.offset != 0 && (start.etag.empty() || start.etag != etag_))
        return Error(Errc::wrong_range, "the rest is of another version of the image");
    if (start.offset != 0 && is_text_type(start.content_type))
        return Error(Errc::wrong_range,
                     fmt::format("the rest is of content type '{}'", start.content_type));
    if (!start.length) return {};
    if (start.offset + *start.length > limits_.bytes)
        return too_large(start.offset + *start.length, limits_.bytes);
    TRY_ASSIGN(auto const room, free_space(parent_of(path_)));
    if (*start.length + limits_.spare > room)
        return system_error_of(ENOSPC,
                               fmt::format("{} to come, {} free at {}", format_bytes(*start.length),
                                           format_bytes(room), path_));
    return {};
}

Result<> ImageBody::start_over() {
    bool const is_new = received_ == 0 && !failure_ && !refusal_;
    failure_.reset();
    refusal_.reset();
    received_ = 0;
    hash_ = Sha256();
    check_ = ImageCheck(content_);
    if (is_new) return {};
    TRY(file_.truncate(0));
    return reopen();
}

Result<> ImageBody::write(std::string_view bytes) {
    if (failure_) return *failure_;
    auto taken = take(bytes);
    if (taken.has_error()) return keep(taken.error());
    return {};
}

Result<> ImageBody::take(std::string_view bytes) {
    auto const total = received_ + bytes.size();
    if (total > limits_.bytes) return too_large(total, limits_.bytes);
    if (length_ && total > *length_)
        return Error(Errc::wrong_length, fmt::format("more than the {} bytes announced", *length_));
    bool const is_page = refusal_ && refusal_->code == Errc::not_an_image;
    auto const room = limits_.page - std::min(limits_.page, received_);
    if (is_page && room < bytes.size()) { // enough to see what it is
        auto const start = bytes.substr(0, static_cast<std::size_t>(room));
        length_.reset();
        received_ += start.size();
        return file_.write(start);
    }
    TRY(add(bytes));
    return file_.write(bytes);
}

/// Counts and checks bytes that are in the file, or are about to be.
Result<> ImageBody::add(std::string_view bytes) {
    received_ += bytes.size();
    hash_.update(bytes);
    if (refusal_) return {};
    auto const fed = check_.feed(bytes);
    if (fed.has_error()) refusal_ = fed.error();
    return {};
}

Error ImageBody::keep(Error error) {
    if (!failure_) failure_ = std::move(error);
    return *failure_;
}

Result<Received> ImageBody::finish() {
    if (failure_) return *failure_;
    if (refusal_) return *refusal_;
    if (length_ && received_ != *length_)
        return keep(
            {Errc::wrong_length, fmt::format("{} of {} bytes received", received_, *length_)});
    auto facts = check_.finish();
    if (facts.has_error()) return keep(facts.error());
    return Received{std::move(*facts), to_hex(hash_.finish()), received_};
}

} // namespace darkroom::store
