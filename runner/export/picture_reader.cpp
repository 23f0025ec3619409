#include "runner/export/picture_reader.hpp"

#include "runner/base/out_of_files.hpp"
#include "runner/engine/caption.hpp"
#include "runner/export/table_export.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <sys/stat.h>
#include <thread>

namespace darkroom::exports {

namespace {

Result<std::optional<std::string>> content_of(PictureFile const& file) {
    std::string bytes;
    TRY_ASSIGN(auto const is_right, read_picture(file, bytes));
    return is_right ? std::optional<std::string>(std::move(bytes)) : std::nullopt;
}

} // namespace

Result<Sample> PictureReader::sample_of(Entry const& entry) const {
    auto& source = *sources_[entry.source];
    TRY_ASSIGN(auto listed, source.read(entry.offset, entry.length));
    Sample sample;
    sample.directory = source.directory();
    sample.line = sources_.size() > 1 ? with_directory(listed.line, sample.directory)
                                      : std::move(listed.line);
    sample.split = options_.split[entry.split].name;
    sample.name = entry.name;
    sample.extension = entry.extension;
    sample.caption =
        engine::caption_of(options_.captions, {listed.row.prompt, listed.row.root_prompt});
    sample.file.bytes = listed.row.bytes;
    sample.file.sha256 = listed.row.sha256;
    sample.row = std::move(listed.row);
    return sample;
}

Result<OpenedPicture> PictureReader::open(Entry const& entry) const {
    OpenedPicture picture;
    TRY_ASSIGN(picture.sample, sample_of(entry));
    auto& sample = picture.sample;
    auto file = sources_[entry.source]->open(sample.row.file);
    if (file.has_error() && is_out_of_files(file.error().code)) return file.error();
    if (file.has_error()) {
        picture.problem = PictureProblem::missing;
        picture.why = file.error().message();
        return picture;
    }
    struct stat info {};
    if (::fstat(file->number(), &info) != 0) return file_error("look at", sample.row.file);
    if (static_cast<std::uint64_t>(info.st_size) != sample.row.bytes) {
        picture.problem = PictureProblem::changed;
        picture.why = fmt::format("it has {} bytes instead of {}", info.st_size, sample.row.bytes);
        return picture;
    }
    picture.file = std::move(*file);
    sample.file.descriptor = picture.file.number();
    return picture;
}

unsigned ReadAhead::threads() { return std::clamp(std::thread::hardware_concurrency(), 1U, 4U); }

Result<> ReadAhead::fill() {
    while (end_ < entries_.size() && queue_.size() < pictures_max) {
        auto const bytes = entries_[end_].bytes;
        if (!queue_.empty() && bytes_ + bytes > bytes_max) break;
        TRY_ASSIGN(auto picture, reader_.open(entries_[end_]));
        if (picture.file.is_open() && bytes > small_bytes) {
            auto task = std::make_shared<std::packaged_task<Result<std::optional<std::string>>()>>(
                [file = picture.sample.file] { return content_of(file); });
            picture.content = task->get_future();
            boost::asio::post(pool_, [task] { (*task)(); });
        }
        bytes_ += bytes;
        ++end_;
        queue_.push_back(std::move(picture));
    }
    return {};
}

void ReadAhead::start_at(std::size_t entry) {
    for (auto const& picture : queue_)
        if (picture.content.valid()) picture.content.wait(); // its file is closed then
    queue_.clear();
    bytes_ = 0;
    end_ = entry;
}

Result<OpenedPicture> ReadAhead::next(std::size_t entry) {
    if (end_ - queue_.size() != entry) start_at(entry);
    TRY(fill());
    auto picture = std::move(queue_.front());
    queue_.pop_front();
    bytes_ -= entries_[entry].bytes;
    if (!picture.content.valid()) return picture;
    TRY_ASSIGN(picture.sample.content, picture.content.get());
    return picture;
}

} // namespace darkroom::exports
