#include "runner/export/webdataset.hpp"

#include "runner/export/behind_writer.hpp"
#include "runner/export/shard_list.hpp"
#include "runner/export/tar_writer.hpp"

#include <fmt/format.h>

namespace darkroom::exports {

namespace {

constexpr auto shards_note = ".darkroom-export.shards";

class WebDataset : public FormatWriter {
public:
    WebDataset(OutputDirectory& out, Options const& options) : out_(out), options_(options) {}

    Result<> read_earlier() {
        TRY_ASSIGN(auto const text, out_.read(shards_note));
        earlier_ = read_shards(text);
        return {};
    }

    std::optional<FinishedPart> next_finished() override {
        auto const next = shards_.size();
        if (next >= earlier_.size() || earlier_[next].entries == 0) return std::nullopt;
        auto const& shard = earlier_[next];
        return FinishedPart{shard.entries, shard.is_full, shard.fingerprint};
    }

    Result<bool> keep_finished() override {
        auto const& shard = earlier_.at(shards_.size());
        split_ = shard.name.substr(0, shard.name.rfind('-'));
        if (shard.name != next_name()) return false;
        TRY_ASSIGN(auto const is_kept, out_.keep(shard.name, shard.bytes, shard.sha256));
        if (is_kept) shards_.push_back(shard);
        return is_kept;
    }

    Result<> begin_entry(std::string const& split, std::uint64_t bytes,
                         std::string_view fingerprint) override {
        earlier_.clear(); // what is written now need not be what came next then
        bool const is_other = split != split_;
        bool const is_full = tar_bytes_ > 0 && tar_bytes_ + bytes > options_.shard_bytes;
        if (tar_.is_open() && (is_other || is_full)) {
            shard_.is_full = !is_other;
            if (!is_other) fingerprint_.update(fingerprint);
            TRY(close());
        }
        split_ = split;
        if (!tar_.is_open()) {
            TRY(open());
        }
        fingerprint_.update(fingerprint);
        ++shard_.entries;
        return {};
    }

    Result<Placed> add(Sample const& sample) override {
        auto const* bytes = sample.bytes ? &*sample.bytes : nullptr;
        if (bytes == nullptr && sample.has_content) bytes = &sample.content;
        if (bytes == nullptr) {
            TRY_ASSIGN(auto const is_right, read_picture(sample.file, read_));
            if (!is_right) {
                is_whole_ = false;
                return Placed::wrong;
            }
            bytes = &read_;
        }
        TRY(add_file(sample.name + sample.extension, *bytes));
        TRY(add_file(sample.name + ".json", sample.line + "\n"));
        if (!sample.caption.empty()) {
            TRY(add_file(sample.name + ".txt", sample.caption));
        }
        ++shard_.samples;
        return Placed::copied;
    }

    Result<> finish() override {
        if (tar_.is_open()) {
            TRY(close());
        }
        return out_.write("index.json", index_of(shards_));
    }

private:
    std::string next_name() const {
        std::size_t number = 0;
        for (auto const& shard : shards_) number += shard.name.starts_with(split_ + "-") ? 1 : 0;
        return fmt::format("{}-{:06}.tar", split_, number);
    }

    Result<> open() {
        TRY_ASSIGN(file_, out_.create());
        auto const write = [this](std::string_view bytes) { return behind_.write(file_, bytes); };
        TRY_ASSIGN(tar_, TarWriter::begin(write));
        shard_ = Shard();
        shard_.name = next_name();
        fingerprint_ = Sha256();
        tar_bytes_ = 0;
        is_whole_ = true;
        return {};
    }

    Result<> add_file(std::string const& name, std::string_view bytes) {
        tar_bytes_ += TarWriter::size_of(bytes.size());
        return tar_.add(name, bytes);
    }

    /// A shard of which a picture was left out is written again by a later start, so that it says
    /// so again.
    Result<> close() {
        TRY(tar_.finish());
        TRY(behind_.finish());
        shard_.bytes = file_.bytes();
        TRY_ASSIGN(auto const digest, out_.commit(std::move(file_), shard_.name));
        shard_.sha256 = to_hex(digest);
        shard_.fingerprint = to_hex(fingerprint_.so_far());
        if (!is_whole_) shard_.entries = 0;
        shards_.push_back(shard_);
        return out_.note(shards_note, write_shards(shards_));
    }

    OutputDirectory& out_;
    Options const& options_;
    std::vector<Shard> earlier_; ///< Those of an earlier start, as far as they are the next ones.
    std::vector<Shard> shards_;
    std::string split_;
    std::string read_; ///< The bytes of a picture, whose memory is used again.
    OutputFile file_;  ///< The present shard, and what belongs to it:
    BehindWriter behind_;
    TarWriter tar_;
    Shard shard_;
    Sha256 fingerprint_;
    std::uint64_t tar_bytes_ = 0;
    bool is_whole_ = true;
};

} // namespace

Result<std::unique_ptr<FormatWriter>> make_webdataset(OutputDirectory& out,
                                                      Options const& options) {
    auto writer = std::make_unique<WebDataset>(out, options);
    TRY(writer->read_earlier());
    return std::unique_ptr<FormatWriter>(std::move(writer));
}

} // namespace darkroom::exports
