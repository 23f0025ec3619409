#include "runner/store/arrangement.hpp"

#include "runner/store/manifest_columns.hpp"
#include "runner/store/manifest_line.hpp"
#include "runner/store/repeat_links.hpp"

#include <algorithm>
#include <fcntl.h>
#include <utility>

namespace darkroom::store {

using namespace engine;

namespace {

constexpr std::size_t written_at_once = 1u << 20;

/// Writes lines to a part, many at once.
class LineOutput {
public:
    explicit LineOutput(AtomicFile file) : file_(std::move(file)) {}

    Result<> add(std::string_view line) {
        waiting_ += line;
        waiting_ += '\n';
        return waiting_.size() < written_at_once ? Result<>() : flush();
    }
    Result<> copy(File const& from, std::uint64_t bytes) {
        return from.read(bytes, [this](std::string_view piece) { return file_.write(piece); });
    }
    /// Returns the file, durable.
    Result<AtomicFile> finish() {
        TRY(flush());
        TRY(file_.sync());
        return std::move(file_);
    }

private:
    Result<> flush() {
        TRY(file_.write(waiting_));
        waiting_.clear();
        return {};
    }

    AtomicFile file_;
    std::string waiting_;
};

Result<LineOutput> new_output(RunFolder const& folder, std::string const& name) {
    TRY_ASSIGN(auto file, AtomicFile::create({folder.parts() + "/darkroom.arranged-" + name,
                                              folder.path(), name}));
    return LineOutput(std::move(file));
}

/// The new manifest. As long as each line is that of its place in the old one, nothing is written.
class NewManifest {
public:
    NewManifest(RunFolder const& folder, File const& old) : folder_(folder), old_(old) {}

    /// `from`: the line as it is now; null for a new one.
    Result<> add(std::string const& line, ListedLine const* from, std::string_view old_text) {
        bool const stays = !out_ && from != nullptr && from->is_unwanted == 0 &&
                           from->offset == bytes_ && line == old_text;
        if (!stays) {
            TRY(begin());
            TRY(out_->add(line));
        }
        bytes_ += line.size() + 1;
        return {};
    }

    Result<> finish(ArrangedFiles& files) {
        if (bytes_ < files.of.bytes) TRY(begin()); // lines at the end are not wanted
        files.bytes = bytes_;
        if (!out_) return {};
        TRY_ASSIGN(auto file, out_->finish());
        files.manifest.emplace(std::move(file));
        return {};
    }

private:
    Result<> begin() {
        if (out_) return {};
        TRY_ASSIGN(auto out, new_output(folder_, "manifest.jsonl"));
        out_.emplace(std::move(out));
        return out_->copy(old_, bytes_);
    }

    RunFolder const& folder_;
    File const& old_;
    std::optional<LineOutput> out_;
    std::uint64_t bytes_ = 0;
};

/// The columns that the plan says of an item, as JSON.
struct ItemTexts {
    explicit ItemTexts(jobs::Item const& of)
        : job(json_text(of.job)), item(std::to_string(of.index)),
          variables(variables_text(of.variables)), drawn(drawn_text(of.drawn)),
          root_prompt(json_text(of.request.prompt())) {}

    void put_into(LineColumns& line) const {
        line.set(Column::job, job);
        line.set(Column::item, item);
        line.set(Column::variables, variables);
        line.set(Column::drawn, drawn);
        line.set(Column::root_prompt, root_prompt);
    }

    std::string job, item, variables, drawn, root_prompt;
};

/// Reads lines of both files.
class OldLines {
public:
    static Result<OldLines> open(RunFolder const& folder) {
        OldLines lines;
        TRY_ASSIGN(*lines.manifest_, File::own(folder.manifest(), O_RDONLY));
        if (exists(folder.unwanted())) {
            TRY_ASSIGN(*lines.unwanted_, File::own(folder.unwanted(), O_RDONLY));
        }
        return lines;
    }

    File const& manifest() const { return *manifest_; }
    Result<std::string_view> read(ListedLine const& line) {
        return (line.is_unwanted != 0 ? in_unwanted_ : in_manifest_).read(line.offset);
    }

private:
    std::unique_ptr<File> manifest_ = std::make_unique<File>(); // the readers refer to them
    std::unique_ptr<File> unwanted_ = std::make_unique<File>();
    LinesAt in_manifest_{*manifest_};
    LinesAt in_unwanted_{*unwanted_};
};

/// Walks through the plan and gives the lines that it wants.
class WantedLines {
public:
    /// Says which lines are given: all, or only those of repeats that have none yet.
    enum class Which { all, missing_repeats };
    using Put = std::function<Result<>(std::string const& line, ListedLine const* from,
                                       std::string_view old_text)>;

    static Result<WantedLines> open(RunFolder const& folder, PresentLines const& present,
                                    PlanOfLines const& plan) {
        TRY_ASSIGN(auto journal, JournalReader::open(folder.journal()));
        TRY_ASSIGN(auto const images, journal.count_images());
        TRY_ASSIGN(auto index,
                   ManifestIndex::read(folder, present.bytes, static_cast<std::size_t>(images)));
        TRY_ASSIGN(auto lines, OldLines::open(folder));
        TRY_ASSIGN(auto maker, LineMaker::open(journal));
        return WantedLines(
            folder, plan,
            {std::move(journal), std::move(index), std::move(lines), std::move(maker)});
    }

    /// Returns false when it was stopped.
    Result<bool> walk(Which which, Put put) {
        which_ = which;
        put_ = std::move(put);
        while (plan_->stop == nullptr || !*plan_->stop) {
            TRY_ASSIGN(auto item, plan_->next_item());
            if (!item) return true;
            texts_.emplace(*item);
            TRY(take(jobs::first_step(std::move(item))));
        }
        return false;
    }

    ManifestIndex const& index() const { return parts_.index; }
    File const& manifest() const { return parts_.lines.manifest(); }
    /// Returns a line that no item wants, with every column.
    Result<std::string> unwanted_line(ListedLine const& listed) {
        TRY_ASSIGN(auto const text, parts_.lines.read(listed));
        auto line = LineColumns::split(text).value_or(LineColumns());
        if (line.at(Column::path) == "\"\"") line.set(Column::root_prompt, line.at(Column::prompt));
        TRY_ASSIGN(auto const cost, cost_of(line, true));
        line.set(Column::cost, cost);
        return line.line();
    }

private:
    struct Parts {
        JournalReader journal;
        ManifestIndex index;
        OldLines lines;
        LineMaker maker;
    };

    WantedLines(RunFolder const& folder, PlanOfLines const& plan, Parts parts)
        : plan_(&plan), parts_(std::move(parts)), links_(folder.path(), folder.parts()) {}

    Result<> take(jobs::Step const& step) {
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

    Result<> list(jobs::Step const& step, StepLines lines) {
        auto const repeats = std::find_if(
            lines.begin(), lines.end(), [](ListedLine const& line) { return line.is_repeat != 0; });
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
            TRY(repeat == lines.end() ? put_new_repeat(step, image)
                                      : put_repeat(step, image, *repeat));
        }
        return {};
    }

    Result<> put_first(ListedLine const& listed, bool is_one_of_several) {
        TRY_ASSIGN(auto const text, parts_.lines.read(listed));
        auto line = LineColumns::split(text).value_or(LineColumns());
        TRY_ASSIGN(auto const cost, cost_of(line, is_one_of_several));
        texts_->put_into(line);
        line.set(Column::cost, cost);
        return put_(line.line(), &listed, text);
    }

    /// Returns the cost of a line. Only the journal knows the charges that came later, and which
    /// image has the cost where version 0.1 wrote it to each.
    Result<std::string> cost_of(LineColumns const& line, bool is_one_of_several) {
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

    Result<> put_repeat(jobs::Step const& step, ListedLine const& image, ListedLine& repeat) {
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

    Result<> put_new_repeat(jobs::Step const& step, ListedLine const& image) {
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
    Result<std::string> name_for(jobs::Step const& step, LineColumns const& first) {
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
        return name ? json_text(*name) : std::string();
    }

    std::string repeat_line(LineColumns line, LineColumns const& first) const {
        static std::string const no_cost = money_text(0);
        texts_->put_into(line);
        line.set(Column::same_as, first.is_null(Column::file) ? "\"\"" : first.at(Column::file));
        line.set(Column::cost, no_cost);
        return line.line();
    }

    PlanOfLines const* plan_;
    Parts parts_;
    RepeatLinks links_;
    Which which_ = Which::all;
    Put put_;
    std::optional<ItemTexts> texts_; // of the present item
};

Result<> write_unwanted(RunFolder const& folder, WantedLines& wanted, ArrangedFiles& files) {
    auto const left = wanted.index().not_taken();
    files.has_unwanted = !left.empty();
    bool const are_the_same = left.size() == wanted.index().count_unwanted() &&
                              std::all_of(left.begin(), left.end(), [](ListedLine const& line) {
                                  return line.is_unwanted != 0;
                              });
    if (are_the_same || left.empty()) return {};
    TRY_ASSIGN(auto out, new_output(folder, "unwanted.jsonl"));
    for (auto const& listed : left) {
        TRY_ASSIGN(auto const line, wanted.unwanted_line(listed));
        TRY(out.add(line));
    }
    TRY_ASSIGN(auto file, out.finish());
    files.unwanted.emplace(std::move(file));
    return {};
}

} // namespace

Result<ArrangedFiles> arrange_lines(RunFolder const& folder, PresentLines const& present,
                                    PlanOfLines const& plan) {
    ArrangedFiles files;
    files.of = present;
    TRY_ASSIGN(auto wanted, WantedLines::open(folder, present, plan));
    NewManifest manifest(folder, wanted.manifest());
    auto const put = [&manifest](std::string const& line, ListedLine const* from,
                                 std::string_view text) { return manifest.add(line, from, text); };
    TRY_ASSIGN(bool const is_whole, wanted.walk(WantedLines::Which::all, put));
    files.was_stopped = !is_whole;
    if (!is_whole) return files;
    TRY(manifest.finish(files));
    TRY(write_unwanted(folder, wanted, files));
    return files;
}

Result<> for_each_missing_repeat(RunFolder const& folder, PresentLines const& present,
                                 PlanOfLines const& plan,
                                 std::function<Result<>(std::string const& line)> const& take) {
    TRY_ASSIGN(auto wanted, WantedLines::open(folder, present, plan));
    auto const put = [&take](std::string const& line, ListedLine const*, std::string_view) {
        return take(line);
    };
    TRY(wanted.walk(WantedLines::Which::missing_repeats, put));
    return {};
}

} // namespace darkroom::store
