#include "runner/export/picture_export.hpp"

#include "runner/base/quick_hash.hpp"
#include "runner/base/safe_name.hpp"
#include "runner/export/contact_sheet.hpp"
#include "runner/export/imagefolder.hpp"
#include "runner/export/picture_reader.hpp"
#include "runner/export/provenance.hpp"
#include "runner/export/read_ahead.hpp"
#include "runner/export/table_export.hpp"
#include "runner/export/tar_writer.hpp"
#include "runner/export/webdataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

namespace darkroom::exports {

namespace {

constexpr std::uint64_t complaints_max = 20;
constexpr std::size_t entries_announced = 256;

/// Counts pictures that are left out, and says so of the first ones.
class Complaints {
public:
    Complaints(Ports const& ports, PictureTally& tally) : ports_(ports), tally_(tally) {}

    void leave_out(Sample const& sample, PictureProblem problem, std::string const& why) {
        ++(problem == PictureProblem::missing   ? tally_.missing
           : problem == PictureProblem::removed ? tally_.removed
                                                : tally_.changed);
        auto const count = tally_.missing + tally_.changed + tally_.removed;
        if (count <= complaints_max)
            ports_.complain(
                fmt::format("{}/{} is left out: {}", sample.directory, sample.row.file, why));
        if (count == complaints_max + 1) ports_.complain("Further ones are only counted.");
    }

private:
    Ports const& ports_;
    PictureTally& tally_;
};

/// Returns what tells an earlier start's sample from this one. A quick hash of the line is enough:
/// if it ever becomes another one, the shards of an earlier start are written again.
std::string fingerprint_of(Sample const& sample) {
    return fmt::format("{}\n{}\n{:x}\n", sample.split, sample.name, quick_hash(sample.line, 0));
}

/// Returns about how many bytes the samples take in a tar file.
std::uint64_t tar_bytes_of(std::span<Sample const> samples) {
    std::uint64_t bytes = 0;
    for (auto const& sample : samples)
        bytes += TarWriter::size_of(sample.size()) + TarWriter::size_of(sample.line.size() + 1) +
                 (sample.caption.empty() ? 0 : TarWriter::size_of(sample.caption.size()));
    return bytes;
}

std::uint64_t picture_bytes_of(std::span<Sample const> samples) {
    std::uint64_t bytes = 0;
    for (auto const& sample : samples) bytes += sample.size();
    return bytes;
}

/// Returns one of the four pictures of a grid; only the first has the cost.
Sample tile_of(Sample const& grid, int number, std::string bytes) {
    auto tile = grid;
    auto& row = tile.row;
    row.tile = number;
    row.width /= 2;
    row.height /= 2;
    row.format = "png";
    row.bytes = bytes.size();
    row.sha256 = to_hex(sha256(bytes));
    if (number > 1) row.cost = 0;
    auto const line = json::write(engine::to_json(row));
    bool const has_directory = grid.line.starts_with("{\"directory\"");
    tile.line = has_directory ? with_directory(line, grid.directory) : line;
    tile.name += fmt::format("-tile{}", number);
    tile.extension = ".png";
    tile.bytes = std::move(bytes);
    return tile;
}

class PictureExport {
public:
    PictureExport(Sources const& sources, Options const& options, Ports const& ports,
                  OutputDirectory& out)
        : sources_(sources), options_(options), ports_(ports), out_(out), reader_(sources, options),
          complaints_(ports, tally_) {}

    Result<PictureTally> run(Selection const& selection) {
        entries_ = &selection.entries;
        tally_.left_out = selection.left_out;
        failed_.assign(entries_->size(), false);
        TRY_ASSIGN(writer_, make_writer(selection));
        TRY(add_all());
        TRY(writer_->finish());
        TRY(out_.write("README.md",
                       card_of(tally_.facts, options_, name_of_all(), selection.variables)));
        TRY(out_.finish());
        return std::move(tally_);
    }

private:
    Result<> add_all() {
        ReadAhead ahead(*entries_, [this](std::size_t i, OpenedPicture& picture) {
            return prepare(i, picture);
        });
        for (std::size_t i = 0; i < entries_->size() && !is_stopped_;) {
            if (i % entries_announced == 0 && options_.format != Format::webdataset) {
                TRY(announce(i));
            }
            TRY_ASSIGN(auto const kept, keep_part(i));
            if (kept == 0) {
                TRY_ASSIGN(auto const picture, ahead.next(i));
                TRY(add_entry(i, *picture));
            }
            i += kept == 0 ? 1 : kept;
        }
        return {};
    }

    Result<> announce(std::size_t i) {
        std::vector<std::string> names;
        auto const end = std::min(entries_->size(), i + entries_announced);
        for (; i < end; ++i) {
            names.push_back(place_of((*entries_)[i]));
        }
        return out_.announce_next(names);
    }

    std::string place_of(Entry const& entry) const {
        auto const name = entry.name + entry.extension;
        bool const is_in_split = options_.format == Format::imagefolder;
        return is_in_split ? options_.split[entry.split].name + "/" + name : name;
    }

    /// Does what does not depend on the pictures before; on any thread.
    Result<> prepare(std::size_t i, OpenedPicture& picture) const {
        auto const& entry = (*entries_)[i];
        TRY(reader_.open(entry, picture));
        if (!picture.file.is_open()) return {};
        auto& sample = picture.sample;
        if (options_.format == Format::webdataset || is_remade(entry, sample)) {
            TRY_ASSIGN(sample.has_content, read_picture(sample.file, sample.content));
            if (!sample.has_content) return {}; // it is read again in its turn, and refused
        } else {
            // Of a pair, the name of the other picture is not known yet.
            if (!options_.pairs) sample.listing = writer_->listing_of(sample);
            TRY(out_.prepare(place_of(entry), i, sample.file, options_));
            if (!sample.file.copy) return {};
        }
        picture.file = Descriptor();
        sample.file.descriptor = -1;
        return {};
    }

    /// The export has other bytes than the run directory.
    bool is_remade(Entry const& entry, Sample const& sample) const {
        return entry.is_grid || (options_.provenance && takes_note(sample.row.format));
    }

    Result<std::unique_ptr<FormatWriter>> make_writer(Selection const& selection) {
        if (options_.format == Format::webdataset) return make_webdataset(out_, options_);
        if (options_.format == Format::imagefolder)
            return make_imagefolder(out_, options_, selection.variables);
        return make_folder(out_, options_);
    }

    /// The card has the names of what was exported, and not that of the place.
    std::string name_of_all() const {
        std::string name;
        for (auto const& source : sources_)
            name += (name.empty() ? "" : ", ") + label_of(source->directory());
        return cut_text(name, 200);
    }

    /// Takes over what an earlier start has finished, and returns the number of its entries. An
    /// entry made from the pixels of a picture is not known without them.
    Result<std::size_t> keep_part(std::size_t i) {
        if (options_.tiles || options_.provenance) return std::size_t{0};
        auto const part = writer_->next_finished();
        auto const& entries = *entries_;
        if (!part || part->entries > entries.size() - i) return std::size_t{0};
        auto const end = i + part->entries;
        bool const ends_there = end == entries.size() || entries[end].split != entries[i].split;
        if (part->is_full == ends_there) return std::size_t{0};
        Sha256 hash;
        CardFacts facts = tally_.facts;
        for (auto at = i; at < end + (part->is_full ? 1 : 0); ++at) {
            Sample sample;
            TRY(reader_.read(entries[at], sample));
            hash.update(fingerprint_of(sample));
            if (at < end) facts.add(sample);
        }
        if (to_hex(hash.finish()) != part->fingerprint || is_over(facts.bytes, 0))
            return std::size_t{0};
        TRY_ASSIGN(auto const is_kept, writer_->keep_finished());
        if (!is_kept) return std::size_t{0};
        tally_.facts = std::move(facts);
        tally_.kept += part->entries;
        return part->entries;
    }

    bool is_over(std::uint64_t before, std::uint64_t bytes) const {
        return options_.bytes_max && before + bytes > *options_.bytes_max;
    }

    void stop(std::size_t i) {
        is_stopped_ = true;
        for (auto at = i; at < entries_->size(); ++at) {
            ++tally_.over;
            tally_.over_bytes += (*entries_)[at].bytes;
        }
    }

    Result<> add_entry(std::size_t i, OpenedPicture& picture) {
        auto const& entry = (*entries_)[i];
        auto& sample = picture.sample;
        failed_[i] = true; // until it is in
        if (picture.problem != PictureProblem::none) {
            complaints_.leave_out(sample, picture.problem, picture.why);
            return {};
        }
        if (entry.parent >= 0 && !failed_[static_cast<std::size_t>(entry.parent)]) {
            auto const& parent = (*entries_)[static_cast<std::size_t>(entry.parent)];
            sample.parent_name = parent.name + parent.extension;
        }
        auto const fingerprint =
            options_.format == Format::webdataset ? fingerprint_of(sample) : std::string();
        made_.clear();
        TRY_ASSIGN(auto const samples, pictures_of(entry, sample));
        if (samples.empty()) return {};
        if (is_over(tally_.facts.bytes, picture_bytes_of(samples))) {
            stop(i);
            return {};
        }
        TRY(writer_->begin_entry(samples.front().split, tar_bytes_of(samples), fingerprint));
        for (auto const& one : samples) {
            TRY_ASSIGN(auto const placed, writer_->add(one));
            count(one, placed);
            if (placed != Placed::wrong) failed_[i] = false;
        }
        sample.drop_content();
        return {};
    }

    void count(Sample const& sample, Placed placed) {
        switch (placed) {
        case Placed::linked: ++tally_.linked; break;
        case Placed::copied: ++tally_.copied; break;
        case Placed::kept: ++tally_.kept; break;
        case Placed::wrong:
            complaints_.leave_out(sample, PictureProblem::changed,
                                  "its bytes are not those of its SHA-256");
            return;
        }
        tally_.facts.add(sample);
    }

    /// Returns the pictures that a picture becomes: itself, or those of made_; none if it is left
    /// out.
    Result<std::span<Sample const>> pictures_of(Entry const& entry, Sample& sample) {
        bool const is_noted = options_.provenance && takes_note(sample.row.format);
        if (options_.provenance && !is_noted) ++tally_.without_note;
        if (!entry.is_grid && !is_noted) return std::span<Sample const>(&sample, 1);
        auto bytes = std::move(sample.content);
        bool is_right = std::exchange(sample.has_content, false);
        if (!is_right) {
            TRY_ASSIGN(is_right, read_picture(sample.file, bytes));
        }
        if (!is_right) {
            complaints_.leave_out(sample, PictureProblem::changed,
                                  "its bytes are not those of its SHA-256");
            return std::span<Sample const>();
        }
        if (entry.is_grid) {
            auto cut = ports_.cut_in_four(bytes);
            if (cut.has_error() || cut->size() != 4) {
                complaints_.leave_out(sample, PictureProblem::changed,
                                      cut.has_error() ? cut.error().message()
                                                      : "it cannot be cut in four");
                return std::span<Sample const>();
            }
            for (int number = 1; auto& quarter : *cut)
                made_.push_back(tile_of(sample, number++, std::move(quarter)));
        } else {
            sample.bytes = std::move(bytes);
            made_.push_back(std::move(sample));
        }
        if (is_noted)
            for (auto& one : made_) {
                TRY_ASSIGN(one.bytes, with_provenance(*one.bytes));
            }
        return std::span<Sample const>(made_);
    }

    Sources const& sources_;
    Options const& options_;
    Ports const& ports_;
    OutputDirectory& out_;
    PictureTally tally_;
    PictureReader reader_;
    Complaints complaints_;
    std::vector<Entry> const* entries_ = nullptr;
    std::vector<bool> failed_;
    std::unique_ptr<FormatWriter> writer_;
    std::vector<Sample> made_; ///< Holds those that are made of the present picture.
    bool is_stopped_ = false;
};

} // namespace

Result<> check_built(Options const& options) {
    auto why = options.format == Format::webdataset ? TarWriter::why_missing() : std::string();
    if (why.empty() && options.provenance) why = why_no_provenance();
    return why.empty() ? Result<>() : Error(Errc::not_built, std::move(why));
}

Result<PictureTally> export_pictures(Sources const& sources, Options const& options,
                                     Ports const& ports, OutputDirectory& out) {
    TRY(check_built(options));
    TRY_ASSIGN(auto const selection, select(sources, options));
    return PictureExport(sources, options, ports, out).run(selection);
}

Result<PictureTally> count_pictures(Sources const& sources, Options const& options,
                                    Ports const& ports) {
    TRY_ASSIGN(auto const selection, select(sources, options));
    PictureTally tally;
    tally.left_out = selection.left_out;
    PictureReader const reader(sources, options);
    Complaints complaints(ports, tally);
    for (auto const& entry : selection.entries) {
        OpenedPicture picture;
        TRY(reader.open(entry, picture));
        auto const& sample = picture.sample;
        if (picture.problem != PictureProblem::none) {
            complaints.leave_out(sample, picture.problem, picture.why);
            continue;
        }
        bool const is_over =
            options.bytes_max && tally.facts.bytes + sample.size() > *options.bytes_max;
        if (tally.over > 0 || is_over) {
            ++tally.over;
            tally.over_bytes += sample.size();
            continue;
        }
        tally.facts.add(sample);
        if (entry.is_grid) tally.facts.pictures += 3;
    }
    return tally;
}

json::Value marker_of(std::vector<std::string> const& directories, Options const& options) {
    json::Array names;
    for (auto const& directory : directories) names.emplace_back(directory);
    json::Value out{json::Object{}};
    out.set("darkroom_export", 1);
    out.set("version", DARKROOM_VERSION);
    out.set("format", name_of(options.format));
    out.set("directories", std::move(names));
    out.set("options", to_json(options));
    return out;
}

} // namespace darkroom::exports
