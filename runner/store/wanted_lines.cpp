#include "runner/store/wanted_lines.hpp"

#include <algorithm>
#include <fcntl.h>
#include <utility>

namespace darkroom::store {

using namespace engine;

Result<OldLines> OldLines::open(RunFolder const& folder) {
    OldLines lines;
    TRY_ASSIGN(*lines.manifest_, File::own(folder.manifest(), O_RDONLY));
    if (exists(folder.unwanted())) {
        TRY_ASSIGN(*lines.unwanted_, File::own(folder.unwanted(), O_RDONLY));
    }
    return lines;
}

Result<std::string_view> OldLines::read(ListedLine const& line) {
    return (line.is_unwanted != 0 ? in_unwanted_ : in_manifest_).read(line.offset);
}

Result<WantedLines> WantedLines::open(RunFolder const& folder, std::uint64_t bytes,
                                      PlanOfLines const& plan) {
    TRY_ASSIGN(auto journal, JournalReader::open(folder.journal()));
    TRY_ASSIGN(auto const images, journal.count_images());
    TRY_ASSIGN(auto index, ManifestIndex::read(folder, bytes, static_cast<std::size_t>(images)));
    TRY_ASSIGN(auto lines, OldLines::open(folder));
    TRY_ASSIGN(auto maker, LineMaker::open(journal));
    return WantedLines(folder, plan,
                       {std::move(journal), std::move(index), std::move(lines), std::move(maker)});
}

WantedLines::WantedLines(RunFolder const& folder, PlanOfLines const& plan, Parts parts)
    : plan_(&plan), parts_(std::move(parts)), links_(folder.path(), folder.parts()) {}

Result<bool> WantedLines::walk(Which which, Put put) {
    which_ = which;
    put_ = std::move(put);
    PlannedItems items(*plan_);
    while (!plan_->is_stopped()) {
        TRY_ASSIGN(auto const* item, items.next());
        if (item == nullptr) return !plan_->is_stopped();
        columns_ = &item->columns;
        TRY(take(item->first));
    }
    return false;
}

Result<std::string> WantedLines::unwanted_line(ListedLine const& listed) {
    TRY_ASSIGN(auto const text, parts_.lines.read(listed));
    auto line = LineColumns::split(text).value_or(LineColumns());
    if (line.at(Column::path) == "\"\"") line.set(Column::root_prompt, line.at(Column::prompt));
    TRY_ASSIGN(auto const cost, cost_of(line, true));
    line.set(Column::cost, cost);
    return line.line();
}

Result<> WantedLines::take(jobs::Step const& step) {
    auto const lines = parts_.index.lines_of(step.key);
    if (step.download && !lines.empty()) TRY(list(step, lines));
    if (step.then->empty()) return {};
    StepState state;
    std::optional<std::span<std::string const>> offered;
    if (jobs::has_pick(*step.then)) {
        TRY_ASSIGN(auto record, parts_.journal.find(step.key));
        state = std::move(record.state);
        offered = state.answer.actions;
    }
    // What was not offered has no line: without a pick the image's actions change nothing.
    for (auto const& child : jobs::below(step, offered, plan_->picks).steps) TRY(take(child));
    return {};
}

/// A picture is picked by a person's mark, or because the action that made it was picked.
void WantedLines::put_picked(LineColumns& line) const {
    auto const& picks = plan_->picks;
    std::string_view picked = "null";
    if (!picks.is_empty()) {
        bool const is_marked =
            !picks.marks.empty() && picks.has_picked(line.text(Column::sha256), step_->key,
                                                     static_cast<int>(line.number(Column::tile)));
        bool const is_made_so = step_->parent && picks.has(*step_->parent, step_->request.action());
        picked = is_marked || is_made_so ? "true" : "false";
    }
    if (line.at(Column::picked) != picked) line.set(Column::picked, picked);
}

Result<> WantedLines::list(jobs::Step const& step, StepLines lines) {
    step_ = &step;
    auto const repeats = std::find_if(lines.begin(), lines.end(),
                                      [](ListedLine const& line) { return line.is_repeat != 0; });
    bool const is_first = lines.front().is_taken == 0;
    auto const images = static_cast<std::size_t>(repeats - lines.begin());
    for (std::size_t i = 0; i < images; ++i) {
        auto& image = lines[i];
        if (is_first) {
            image.is_taken = 1;
            if (which_ == Which::all) TRY(put_first(image, images > 1));
            continue;
        }
        auto const repeat = std::find_if(repeats, lines.end(), [&](ListedLine const& line) {
            return line.is_taken == 0 && line.tile == image.tile;
        });
        TRY(repeat == lines.end() ? put_new_repeat(step, image) : put_repeat(step, image, *repeat));
    }
    return {};
}

Result<> WantedLines::put_first(ListedLine const& listed, bool is_one_of_several) {
    TRY_ASSIGN(auto const text, parts_.lines.read(listed));
    auto line = LineColumns::split(text).value_or(LineColumns());
    TRY_ASSIGN(auto const cost, cost_of(line, is_one_of_several));
    columns_->put_into(line);
    put_picked(line);
    line.set(Column::cost, cost);
    return put_(line.line(), &listed, text);
}

/// Returns the cost of a line. Only the journal knows the charges that came later, and which
/// image has the cost where version 0.1 wrote it to each.
Result<std::string> WantedLines::cost_of(LineColumns const& line, bool is_one_of_several) {
    bool const is_own = line.is_null(Column::same_as);
    bool const is_open = line.is_of_0_1() && (is_one_of_several || line.tile() > 0);
    Digest step{};
    if (is_own && (is_open || parts_.maker.has_charged_again())) {
        auto const key = line.at(Column::key);
        from_hex(key.substr(1, key.size() - 2), step);
    }
    bool const is_known = !is_open && parts_.maker.charged_again(step) == 0;
    if (!is_own || is_known) return std::string(line.at(Column::cost));
    TRY_ASSIGN(auto const record, parts_.journal.find(step));
    return cost_text(record.state, line.tile());
}

Result<> WantedLines::put_repeat(jobs::Step const& step, ListedLine const& image,
                                 ListedLine& repeat) {
    repeat.is_taken = 1;
    TRY_ASSIGN(auto const read, parts_.lines.read(image));
    std::string const first_text(read);
    auto const first = LineColumns::split(first_text).value_or(LineColumns());
    TRY_ASSIGN(auto const old, parts_.lines.read(repeat));
    std::string const text(old);
    auto line = LineColumns::split(text).value_or(LineColumns());
    auto file = std::string(line.at(Column::file));
    if (which_ != Which::all) { // it is listed; its file may have been lost
        TRY(links_.give_again(first.text(Column::file), line.text(Column::file)));
        return {};
    }
    if (file == first.at(Column::file)) {
        TRY_ASSIGN(file, name_for(step, first)); // it had no name of its own
    } else {
        TRY_ASSIGN(bool const is_new,
                   links_.give_again(first.text(Column::file), line.text(Column::file)));
        if (is_new) line = first; // it has the bytes of the first one again
    }
    if (file.empty()) file = line.at(Column::file);
    line.set(Column::file, file);
    return put_(repeat_line(line, first), &repeat, text);
}

Result<> WantedLines::put_new_repeat(jobs::Step const& step, ListedLine const& image) {
    TRY_ASSIGN(auto const read, parts_.lines.read(image));
    std::string const text(read);
    auto line = LineColumns::split(text).value_or(LineColumns());
    auto const first = line;
    TRY_ASSIGN(auto const file, name_for(step, first));
    if (file.empty()) return {}; // the picture is lost; the run loads it again
    line.set(Column::file, file);
    return put_(repeat_line(line, first), nullptr, {});
}

/// Gives the first item's picture the name that the layout gives it for another item. Returns
/// the name as JSON, or null for a text without a file; "" when the picture is not there.
Result<std::string> WantedLines::name_for(jobs::Step const& step, LineColumns const& first) {
    if (first.is_null(Column::file)) return std::string("null");
    ImageOrder order;
    order.step = step.key;
    order.info = info_of(step, {first.text(Column::parent_image_id), ""});
    order.answer.image_id = first.text(Column::image_id);
    order.tile = first.tile();
    bool const is_one_of_several = first.number(Column::tile) != order.tile;
    if (is_one_of_several) order.answer.sub_urls.resize(1); // videos
    auto const format = first.text(Column::format);
    TRY_ASSIGN(auto const name, links_.give(first.text(Column::file), [&](int copy) {
        return plan_->layout.name(order, format, copy);
    }));
    return name ? json::write(json::Value(*name)) : std::string();
}

std::string WantedLines::repeat_line(LineColumns line, LineColumns const& first) const {
    static std::string const no_cost = money_text(0);
    columns_->put_into(line);
    put_picked(line);
    line.set(Column::same_as, first.is_null(Column::file) ? "\"\"" : first.at(Column::file));
    line.set(Column::cost, no_cost);
    return line.line();
}

} // namespace darkroom::store
