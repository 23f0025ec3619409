#include "runner/export/picture_reader.hpp"

#include "runner/base/out_of_files.hpp"
#include "runner/engine/caption.hpp"
#include "runner/export/table_export.hpp"

#include <fmt/format.h>

namespace darkroom::exports {

Result<> PictureReader::read(Entry const& entry, Sample& sample) const {
    auto& source = *sources_[entry.source];
    ListedRow listed;
    listed.row = std::move(sample.row);
    listed.line = std::move(sample.line);
    TRY(source.read(entry.offset, entry.length, listed));
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
    return {};
}

void OpenedPicture::reset() {
    file = Descriptor();
    problem = PictureProblem::none;
    why.clear();
    sample.file = PictureFile();
    sample.bytes.reset();
    sample.drop_content();
    sample.parent_name.reset();
    sample.listing.clear();
}

Result<> PictureReader::open(Entry const& entry, OpenedPicture& picture) const {
    auto& sample = picture.sample;
    TRY(read(entry, sample));
    auto file = sources_[entry.source]->open(sample.row.file);
    if (file.has_error() && is_out_of_files(file.error().code)) return file.error();
    if (file.has_error()) {
        picture.problem = PictureProblem::missing;
        picture.why = file.error().message();
        if (!sources_[entry.source]->is_removed(sample.row)) return {};
        picture.problem = PictureProblem::removed;
        picture.why = "it was removed by 'darkroom clean'";
        return {};
    }
    if (file->bytes != sample.row.bytes) {
        picture.problem = PictureProblem::changed;
        picture.why = fmt::format("it has {} bytes instead of {}", file->bytes, sample.row.bytes);
        return {};
    }
    picture.file = std::move(file->descriptor);
    sample.file.descriptor = picture.file.number();
    return {};
}

} // namespace darkroom::exports
