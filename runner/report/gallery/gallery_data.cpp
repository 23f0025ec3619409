#include "runner/report/gallery/gallery_data.hpp"

#include "runner/base/base64.hpp"
#include "runner/report/words.hpp"

#include <cstring>

namespace darkroom::report {

enum class GalleryData::Field : std::size_t {
    state,
    job,
    item,
    repeat,
    path,
    kind,
    tile,
    action,
    mode,
    prompt,
    root,
    vars,
    drawn,
    folder,
    name,
    key,
    sha,
    image,
    parent,
    task,
    trace,
    account,
    width,
    height,
    format,
    bytes,
    cost,
    attempts,
    sent,
    made,
    saved,
    colour,
    result,
    problem,
    code,
    message,
    advice,
};

namespace {

/// The names of the columns, in the order of Field.
constexpr std::string_view field_names[] = {
    "state",  "job",     "item",   "repeat",   "path",  "kind",    "tile",  "action",
    "mode",   "prompt",  "root",   "vars",     "drawn", "folder",  "name",  "key",
    "sha",    "image",   "parent", "task",     "trace", "account", "width", "height",
    "format", "bytes",   "cost",   "attempts", "sent",  "made",    "saved", "colour",
    "result", "problem", "code",   "message",  "advice"};

/// Returns the bytes of a digest in Base64, which takes two thirds of its hex digits.
std::string short_digest(Digest const& digest) {
    auto text = to_base64({reinterpret_cast<char const*>(digest.data()), digest.size()});
    text.pop_back(); // the padding is always one sign
    return text;
}

std::int64_t millis(WallTime time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

/// Returns the text of a drawn choice; other forms as their JSON.
std::string text_of_choice(json::Value const& value) {
    if (auto const text = value.text("text")) return *text;
    if (auto const text = value.text()) return *text;
    return json::write(value);
}

} // namespace

std::size_t GalleryData::HashOfDigest::operator()(Digest const& digest) const {
    std::size_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
}

std::uint64_t GalleryData::number_of(std::string_view text) {
    if (text.empty()) return 0;
    auto const [known, is_new] = texts_.emplace(sha256(text), texts_.size() + 1);
    if (is_new) {
        if (!new_texts_.empty()) new_texts_ += ',';
        auto const before = new_texts_.size();
        json::append_text(new_texts_, text);
        bytes_ += new_texts_.size() - before;
    }
    return known->second;
}

std::uint64_t GalleryData::number_of_set(std::string list) {
    if (list.empty()) return 0;
    auto const [known, is_new] = sets_.emplace(sha256(list), sets_.size() + 1);
    if (is_new) {
        if (!new_sets_.empty()) new_sets_ += ',';
        new_sets_ += '[' + list + ']';
    }
    return known->second;
}

void GalleryData::put(Field field, std::int64_t number) {
    auto const at = static_cast<std::size_t>(field);
    auto& column = columns_.at(at);
    column.json += std::to_string(number);
    column.says_something = column.says_something || number != 0;
    is_set_.at(at) = true;
}

void GalleryData::put_text(Field field, std::string_view text) {
    if (text.empty()) return put(field, 0);
    auto const at = static_cast<std::size_t>(field);
    auto& column = columns_.at(at);
    auto const before = column.json.size();
    json::append_text(column.json, text);
    bytes_ += column.json.size() - before;
    column.says_something = true;
    is_set_.at(at) = true;
}

void GalleryData::put_common(Field field, std::string_view text) {
    put(field, static_cast<std::int64_t>(number_of(text)));
}

void GalleryData::put_set(Field field, std::string list) {
    put(field, static_cast<std::int64_t>(number_of_set(std::move(list))));
}

void GalleryData::end_row() {
    for (std::size_t at = 0; at < fields; ++at) {
        auto& column = columns_.at(at);
        if (!is_set_.at(at)) column.json += '0';
        column.json += ',';
    }
    is_set_ = {};
    ++rows_;
}

void GalleryData::put_place(engine::ManifestRow const& row) {
    put_common(Field::job, row.job);
    put(Field::item, static_cast<std::int64_t>(row.item));
    put(Field::repeat, row.repeat);
    put_common(Field::path, row.path);
    put_common(Field::kind, row.kind);
    put(Field::tile, row.tile);
    put_common(Field::action, row.action);
    put_common(Field::mode, row.mode);
    put_common(Field::prompt, row.prompt);
    put_common(Field::root, row.root_prompt == row.prompt ? std::string() : row.root_prompt);
    auto const pair = [this](std::string& list, std::string_view name, std::string_view value) {
        if (!list.empty()) list += ',';
        list += std::to_string(number_of(name)) + ',' + std::to_string(number_of(value));
    };
    std::string variables;
    for (auto const& [name, value] : row.variables) pair(variables, name, value);
    put_set(Field::vars, std::move(variables));
    std::string drawn;
    if (auto const* choices = row.drawn.object())
        for (auto const& [name, value] : *choices) pair(drawn, name, text_of_choice(value));
    put_set(Field::drawn, std::move(drawn));
}

/// The later times are differences to the one before, one more so that 0 means not known.
void GalleryData::put_times(engine::ManifestRow const& row) {
    auto const sent = millis(row.submitted_at);
    auto const made = millis(row.generated_at);
    auto const saved = millis(row.downloaded_at);
    put(Field::sent, sent);
    put(Field::made, sent == 0 || made == 0 ? 0 : made - sent + 1);
    put(Field::saved, sent == 0 || saved == 0 ? 0 : saved - sent + 1);
}

void GalleryData::add(engine::ManifestRow const& row, CardState state,
                      std::optional<std::uint32_t> colour) {
    put(Field::state, static_cast<int>(state));
    put_place(row);
    auto const slash = row.file.rfind('/');
    auto const begin = slash == std::string::npos ? 0 : slash + 1;
    put_common(Field::folder, std::string_view(row.file).substr(0, begin));
    put_text(Field::name, std::string_view(row.file).substr(begin));
    put_text(Field::key, short_digest(row.key));
    Digest sha{};
    put_text(Field::sha, from_hex(row.sha256, sha) ? short_digest(sha) : "");
    put_text(Field::image, row.image_id);
    put_text(Field::parent, row.parent_image_id);
    put_text(Field::task, row.task_id);
    put_common(Field::account, row.account);
    put(Field::width, row.width);
    put(Field::height, row.height);
    put_common(Field::format, row.format);
    put(Field::bytes, static_cast<std::int64_t>(row.bytes));
    put(Field::cost, row.cost);
    put(Field::attempts, row.attempts);
    put_times(row);
    put(Field::colour, colour ? static_cast<std::int64_t>(*colour) + 1 : 0);
    if (row.result) put_text(Field::result, *row.result);
    end_row();
}

void GalleryData::add(engine::FailedRow const& row, CardState state) {
    put(Field::state, static_cast<int>(state));
    put_common(Field::job, row.job);
    put(Field::item, static_cast<std::int64_t>(row.item));
    put(Field::repeat, row.repeat);
    put_common(Field::path, row.path);
    put_common(Field::action, row.action);
    put_common(Field::prompt, row.prompt);
    put_text(Field::key, short_digest(row.key));
    put_text(Field::task, row.task_id);
    put_text(Field::trace, row.problem.trace_id);
    put(Field::attempts, row.attempts);
    put(Field::sent, millis(row.at));
    bool const has_problem = state == CardState::failed || !row.problem.code.empty();
    if (has_problem) {
        put_common(Field::problem, class_of(row.problem.verdict));
        put_common(Field::code, row.problem.code);
        put_text(Field::message, row.problem.message);
        put_common(Field::advice, advice(row.problem));
    }
    end_row();
}

std::string GalleryData::take() {
    std::string json = "{\"rows\":" + std::to_string(rows_) + ",\"texts\":[" + new_texts_ +
                       "],\"sets\":[" + new_sets_ + "]";
    for (std::size_t at = 0; at < fields; ++at) {
        auto& column = columns_.at(at);
        if (column.says_something) {
            column.json.pop_back();
            json += ",\"";
            json += field_names[at];
            json += "\":[" + column.json + ']';
        }
        column = {};
    }
    new_texts_.clear();
    new_sets_.clear();
    rows_ = 0;
    bytes_ = 0;
    return json + "}\n";
}

} // namespace darkroom::report
