#include "runner/store/manifest_accept.hpp"

#include "runner/base/time_text.hpp"
#include "runner/store/directory.hpp"
#include "runner/store/journal_reader.hpp"
#include "runner/store/journal_writer.hpp"
#include "runner/store/line_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fcntl.h>
#include <map>
#include <utility>

namespace darkroom::store {

using namespace engine;

namespace {

constexpr std::size_t rows_max = 2000; // in one commit

WallTime time_in(json::Value const& line, std::string_view key) {
    auto const text = line.text(key);
    return text ? parse_rfc3339(*text).value_or(WallTime()) : WallTime();
}

int number_in(json::Value const& line, std::string_view key) {
    return static_cast<int>(line.integer(key).value_or(0));
}

/// Reads a line of the manifest back; nothing for a line that lists no image of its own.
std::optional<ManifestRow> row_in(std::string_view text) {
    auto const line = json::read(text);
    if (line.has_error() || line->integer("schema") != manifest_schema) return std::nullopt;
    if (line->text("same_as")) return std::nullopt; // another line has the picture
    ManifestRow row;
    if (!from_hex(line->text("key").value_or(""), row.key)) return std::nullopt;
    row.job = line->text("job").value_or("");
    row.item = static_cast<std::uint64_t>(line->integer("item").value_or(0));
    row.repeat = number_in(*line, "repeat");
    row.path = line->text("path").value_or("");
    row.kind = line->text("kind").value_or("");
    row.tile = number_in(*line, "tile");
    row.result = line->text("result");
    if (auto const* variables = line->find("variables"); variables && variables->object())
        for (auto const& [name, value] : *variables->object())
            row.variables.emplace_back(name, value.text().value_or(""));
    if (auto const* drawn = line->find("drawn"); drawn && drawn->is_object()) row.drawn = *drawn;
    row.prompt = line->text("prompt").value_or("");
    if (!row.path.empty()) row.root_prompt = line->text("root_prompt").value_or("");
    row.action = line->text("action").value_or("");
    row.mode = line->text("mode").value_or("");
    row.parent_image_id = line->text("parent_image_id").value_or("");
    row.task_id = line->text("task_id").value_or("");
    row.trace_id = line->text("trace_id").value_or("");
    row.image_id = line->text("image_id").value_or("");
    row.actions = line->texts("actions");
    row.url = line->text("url").value_or("");
    row.file = line->text("file").value_or("");
    row.width = number_in(*line, "width");
    row.height = number_in(*line, "height");
    row.format = line->text("format").value_or("");
    row.bytes = static_cast<std::uint64_t>(line->integer("bytes").value_or(0));
    row.sha256 = line->text("sha256").value_or("");
    row.account = line->text("account").value_or("");
    row.cost = std::llround(line->number("cost").value_or(0) * 1e6);
    row.submitted_at = time_in(*line, "submitted_at");
    row.generated_at = time_in(*line, "generated_at");
    row.downloaded_at = time_in(*line, "downloaded_at");
    return row;
}

/// Returns the image's number within its step; the manifest numbers videos from 1.
int tile_of(ManifestRow const& row) {
    return row.kind == "video" && row.tile > 0 ? row.tile - 1 : row.tile;
}

Submitted submitted_of(ManifestRow const& row, jobs::ServiceModel const& service) {
    Submitted fact;
    fact.info.service = &service;
    fact.info.job = row.job;
    fact.info.item = row.item;
    fact.info.repeat = row.repeat;
    fact.info.path = row.path;
    fact.info.variables = row.variables;
    fact.info.drawn = row.drawn;
    fact.info.prompt = row.prompt;
    fact.info.root_prompt = row.root_prompt;
    fact.info.action = row.action;
    fact.info.mode = row.mode;
    fact.info.parent_image_id = row.parent_image_id;
    fact.account = row.account;
    fact.price = row.cost;
    return fact;
}

/// Returns the answer with what this line knows of it. A tile with a link of its own is one that
/// the service has cut.
Answer answer_of(ManifestRow const& row, Answer answer) {
    answer.task_id = row.task_id;
    answer.trace_id = row.trace_id;
    answer.image_id = row.image_id;
    answer.actions = row.actions;
    if (row.result) answer.text = *row.result;
    auto const tile = static_cast<std::size_t>(tile_of(row));
    if (tile == 0) {
        answer.url = row.url;
        answer.width = row.width;
        answer.height = row.height;
    } else if (row.url != answer.url) {
        if (answer.sub_urls.size() < tile) answer.sub_urls.resize(tile);
        answer.sub_urls[tile - 1] = row.url;
    }
    return answer;
}

SavedImage image_of(ManifestRow const& row) {
    SavedImage image;
    image.tile = tile_of(row);
    image.file = row.file;
    image.url = row.url;
    image.sha256 = row.sha256;
    image.format = row.format;
    image.bytes = row.bytes;
    image.width = row.width;
    image.height = row.height;
    return image;
}

/// Returns true when the line's file is there with its bytes. A text may have none.
bool has_file(RunFolder const& folder, ManifestRow const& row) {
    if (row.file.empty()) return row.result.has_value();
    auto const file = own_file_below(folder.path(), row.file, O_RDONLY);
    if (file.has_error()) return false;
    auto const size = file->size();
    if (size.has_error() || *size != row.bytes) return false;
    Sha256 hash;
    auto const read = file->read(*size, [&hash](std::string_view piece) -> Result<> {
        hash.update(piece);
        return {};
    });
    return read.has_value() && to_hex(hash.finish()) == row.sha256;
}

/// Writes the facts that lines prove, some thousand in a commit.
class Acceptance {
public:
    Acceptance(RunFolder const& folder, jobs::ServiceModel const& service, JournalWriter writer,
               JournalReader reader)
        : folder_(folder), service_(service), writer_(std::move(writer)),
          reader_(std::move(reader)) {}

    Result<> begin() {
        TRY_ASSIGN(last_seq_, reader_.last_seq());
        return {};
    }
    Result<> take(ManifestRow const& row);
    Result<> commit();
    AcceptedLines const& accepted() const { return accepted_; }

private:
    Result<StepRecord*> record_of(Digest const& step);
    void add(StepRecord& record, Event event);
    void add_paid(StepRecord& record, ManifestRow const& row);

    RunFolder const& folder_;
    jobs::ServiceModel const& service_;
    JournalWriter writer_;
    JournalReader reader_;
    std::int64_t last_seq_ = 0;
    JournalRows rows_;
    std::map<Digest, StepRecord> records_; // of the steps in rows_
    AcceptedLines accepted_;
};

/// Reads a step's facts, those that wait for the commit included.
Result<StepRecord*> Acceptance::record_of(Digest const& step) {
    auto const found = records_.find(step);
    if (found != records_.end()) return &found->second;
    TRY_ASSIGN(auto record, reader_.find(step));
    return &records_.emplace(step, std::move(record)).first->second;
}

void Acceptance::add(StepRecord& record, Event event) {
    auto naming = naming_of(event.fact, record.state);
    record.apply(++last_seq_, event);
    rows_.push_back(std::make_shared<JournalRow const>(
        JournalRow{last_seq_, std::move(event), summary_of(record), std::move(naming)}));
}

void Acceptance::add_paid(StepRecord& record, ManifestRow const& row) {
    ++accepted_.steps;
    accepted_.cost += row.cost;
    if (record.state.phase != Phase::open)
        add(record, {row.key, row.submitted_at, submitted_of(row, service_)});
    add(record, {row.key, row.generated_at, Finished{answer_of(row, Answer()), row.cost}});
}

Result<> Acceptance::take(ManifestRow const& row) {
    TRY_ASSIGN(bool const is_known, reader_.has_image({row.key, tile_of(row)}));
    if (is_known) return {};
    TRY_ASSIGN(auto* const record, record_of(row.key));
    if (record->state.phase != Phase::finished) add_paid(*record, row);
    auto const& saved = record->state.saved;
    bool const is_saved = std::any_of(saved.begin(), saved.end(), [&row](SavedImage const& image) {
        return image.tile == tile_of(row);
    });
    if (is_saved) return {};
    auto answer = answer_of(row, record->state.answer);
    auto const cost = std::max(record->state.price, row.cost); // one of several lines has it
    if (answer.sub_urls != record->state.answer.sub_urls || cost != record->state.price) {
        accepted_.cost += cost - record->state.price;
        add(*record, {row.key, row.generated_at, Finished{std::move(answer), cost}});
    }
    if (!has_file(folder_, row)) {
        ++accepted_.missing;
        return {};
    }
    ++accepted_.images;
    add(*record, {row.key, row.downloaded_at, ImageSaved{image_of(row)}});
    return rows_.size() >= rows_max ? commit() : Result<>();
}

Result<> Acceptance::commit() {
    TRY(writer_.commit(rows_));
    rows_.clear();
    records_.clear();
    return {};
}

Result<> take_lines(Acceptance& acceptance, std::string const& path) {
    auto const size = file_size(path);
    if (size.has_error() || *size == 0) return {};
    TRY_ASSIGN(auto const file, File::own(path, O_RDONLY));
    Result<> taken;
    LineReader lines([&](std::string_view line) {
        if (taken.has_error()) return;
        if (auto const row = row_in(line)) taken = acceptance.take(*row);
    });
    TRY(file.read(*size, [&](std::string_view piece) -> Result<> {
        TRY(lines(piece));
        return taken;
    }));
    return {};
}

} // namespace

Result<AcceptedLines> accept_manifest(RunFolder const& folder, jobs::ServiceModel const& service) {
    TRY_ASSIGN(auto writer, JournalWriter::open(folder.journal()));
    TRY_ASSIGN(auto reader, JournalReader::open(folder.journal()));
    Acceptance acceptance(folder, service, std::move(writer), std::move(reader));
    TRY(acceptance.begin());
    TRY(take_lines(acceptance, folder.manifest()));
    TRY(take_lines(acceptance, folder.unwanted()));
    TRY(acceptance.commit());
    return acceptance.accepted();
}

} // namespace darkroom::store
