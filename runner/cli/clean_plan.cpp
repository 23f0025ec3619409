#include "runner/cli/clean_plan.hpp"

#include "runner/cli/exit_code.hpp"
#include "runner/export/picked_images.hpp"
#include "runner/report/words.hpp"
#include "runner/store/clean_folder.hpp"
#include "runner/store/file_check.hpp"
#include "runner/store/folder_files.hpp"
#include "runner/store/journal_reader.hpp"
#include "runner/store/line_reader.hpp"
#include "runner/store/manifest_reader.hpp"
#include "runner/store/run_folder.hpp"
#include "runner/store/sidecars.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fcntl.h>
#include <set>
#include <utility>

namespace darkroom::cli {

namespace {

constexpr std::string_view image_lists[] = {"manifest.jsonl", "unwanted.jsonl"};

/// Says of what is paid that it is not settled; "" if all is.
std::string why_unsettled(store::JournalReader& journal) {
    std::uint64_t unknown = 0;
    std::uint64_t unsaved = 0;
    or_quit(
        journal.for_each_unsettled([&](Digest const&, store::StepRecord const& record) -> Result<> {
            bool const is_open = record.state.phase == engine::Phase::open;
            ++(is_open ? unknown : unsaved);
            return {};
        }));
    std::string why;
    if (unknown > 0)
        why = fmt::format("{} {} unknown or in flight", report::counted(unknown, "step"),
                          unknown == 1 ? "is" : "are");
    if (unsaved > 0)
        why += fmt::format("{}{} {} paid, and not all of it is saved", why.empty() ? "" : "; ",
                           report::counted(unsaved, "step"), unsaved == 1 ? "is" : "are");
    return why;
}

bool is_text_file(std::string_view file) { return file.ends_with(".txt"); }

class CleanPlanner {
public:
    CleanPlanner(std::string const& directory, CleanWish const& wish, Held held)
        : directory_(directory), wish_(wish), held_(held),
          journal_(or_quit(store::JournalReader::open(directory + "/journal.db"))),
          folder_(or_quit(store::CleanFolder::open(directory))) {}

    CleanPlan plan();

private:
    using TakeLine = std::function<void(store::LineColumns const&, engine::ManifestRow const&)>;
    void for_each_line(TakeLine const& take);
    void check_settled();
    void read_picks();
    bool has_stars(engine::ManifestRow const& row) const;
    void read_lines();
    void add_images();
    void add_picture(store::ImageFile const& image);
    void add_further_name(store::LineColumns const& line, store::ImageKey const& image);
    void add_sidecars(store::LineColumns const& line);
    void add_folder_files();
    void add(std::string file, store::DiskFile const& found);
    bool wants(store::Removal removal) const;
    std::int64_t bytes_of(store::ImageFile const& image);

    std::string const& directory_;
    CleanWish const& wish_;
    Held held_;
    store::JournalReader journal_;
    store::CleanFolder folder_;
    jobs::Picks picks_;
    exports::PickedImages picked_;
    std::set<store::ImageKey> liked_;
    std::set<std::pair<std::uint64_t, std::uint64_t>> counted_; // files, whatever their names
    CleanPlan plan_;
};

CleanPlan CleanPlanner::plan() {
    or_quit(journal_.hold());
    plan_.last_seq = or_quit(journal_.last_seq());
    check_settled();
    if (plan_.why_not.empty()) read_picks();
    if (!plan_.why_not.empty()) return std::move(plan_);
    if (wish_.pictures || wish_.all) {
        add_images();
        read_lines();
    }
    add_folder_files();
    auto& files = plan_.files;
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
    auto& images = plan_.images;
    std::sort(images.begin(), images.end());
    images.erase(std::unique(images.begin(), images.end()), images.end());
    return std::move(plan_);
}

void CleanPlanner::for_each_line(TakeLine const& take) {
    for (auto const name : image_lists) {
        auto const path = fmt::format("{}/{}", directory_, name);
        if (!store::exists(path)) continue;
        auto const file = or_quit(store::File::own(path, O_RDONLY));
        store::LineReader lines([&](std::string_view text) {
            auto const line = store::LineColumns::split(text);
            auto const row = line ? store::manifest_row_in(*line) : std::nullopt;
            if (row) take(*line, *row);
        });
        or_quit(
            file.read(or_quit(file.size()), [&](std::string_view piece) { return lines(piece); }));
    }
}

/// A list that lacks images does not show what is picked, nor which further names there are.
void CleanPlanner::check_settled() {
    auto const holder = held_ == Held::yes ? std::nullopt : or_quit(store::holder_of(directory_));
    if (holder) {
        plan_.why_not = fmt::format("process {} works on it", holder->pid);
        return;
    }
    plan_.why_not = why_unsettled(journal_);
    if (!plan_.why_not.empty()) return;
    auto const images = or_quit(journal_.count_images());
    std::int64_t listed = 0;
    for_each_line([&listed](auto const& line, auto const&) {
        listed += line.is_null(store::Column::same_as) ? 1 : 0;
    });
    if (listed < images)
        plan_.why_not = fmt::format(
            "{} of its {} {} in no list; the next 'darkroom run' lists {}", images - listed,
            report::counted(static_cast<std::uint64_t>(images), "image"),
            images - listed == 1 ? "is" : "are", images - listed == 1 ? "it" : "them");
}

void CleanPlanner::read_picks() {
    if (wish_.picked) return;
    if (auto const path = directory_ + "/picks.json"; store::exists(path)) {
        auto const text = store::read_file(path, jobs::picks_bytes_max);
        auto picks = text.has_value() ? jobs::read_picks(*text) : text.error();
        if (picks.has_error()) {
            plan_.why_not = "nobody knows what is picked, since picks.json cannot be read: " +
                            picks.error().message();
            return;
        }
        picks_ = std::move(*picks);
        picked_ = or_quit(exports::PickedImages::read(*text));
    }
    if (picked_.needs_rows())
        for_each_line([this](auto const&, auto const& row) { picked_.note(row); });
    for_each_line([this](store::LineColumns const& line, engine::ManifestRow const& row) {
        exports::ListedRow listed;
        listed.row = row;
        listed.picked = line.at(store::Column::picked) == "true";
        if (picked_.has(listed) || has_stars(row)) liked_.insert({row.key, line.tile()});
    });
}

bool CleanPlanner::has_stars(engine::ManifestRow const& row) const {
    auto mark = picks_.marks.find(row.sha256);
    if (mark == picks_.marks.end())
        mark = picks_.marks.find(fmt::format("{}/{}", to_hex(row.key), row.tile));
    return mark != picks_.marks.end() && mark->second.stars > 0;
}

/// An older program did not store the size in the row.
std::int64_t CleanPlanner::bytes_of(store::ImageFile const& image) {
    if (image.bytes >= 0) return image.bytes;
    auto const record = or_quit(journal_.find(image.step));
    for (auto const& saved : record.state.saved)
        if (saved.tile == image.tile) return static_cast<std::int64_t>(saved.bytes);
    return -1;
}

void CleanPlanner::add_images() {
    struct Known {
        store::ImageFile image;
        std::string file;
    };
    std::vector<Known> images; // the journal is asked about some of them below
    or_quit(journal_.for_each_image_file([&images](store::ImageFile const& image) {
        if (!image.file.empty()) images.push_back({image, std::string(image.file)});
    }));
    std::sort(images.begin(), images.end(),
              [](auto const& a, auto const& b) { return a.file < b.file; });
    for (auto& [image, file] : images) {
        image.file = file;
        add_picture(image);
    }
}

void CleanPlanner::add_picture(store::ImageFile const& image) {
    if (is_text_file(image.file) && !wish_.all) return;
    store::ImageKey const key{image.step, image.tile};
    auto const found = folder_.find(image.file);
    if (!found || store::is_folder_file(image.file)) return;
    if (liked_.contains(key)) {
        ++plan_.picked;
        return;
    }
    if (static_cast<std::int64_t>(found->bytes) != bytes_of(image)) {
        ++plan_.changed;
        return;
    }
    plan_.images.push_back(key);
    add(std::string(image.file), *found);
}

void CleanPlanner::read_lines() {
    for_each_line([this](store::LineColumns const& line, engine::ManifestRow const& row) {
        store::ImageKey const image{row.key, line.tile()};
        if (row.file.empty() || liked_.contains(image)) return;
        if (!or_quit(journal_.has_image(image))) return;
        bool const is_text = row.kind == "text";
        bool const is_further = !line.is_null(store::Column::same_as);
        if (is_further && (!is_text || wish_.all)) add_further_name(line, image);
        if (wish_.all) add_sidecars(line);
    });
}

/// A further name of a picture is a link, or a copy where the disk has none: then the bytes decide.
void CleanPlanner::add_further_name(store::LineColumns const& line, store::ImageKey const& image) {
    auto file = line.text(store::Column::file);
    if (file == line.text(store::Column::same_as)) return; // it has no name of its own
    auto const found = folder_.find(file);
    if (!found || store::is_folder_file(file)) return;
    auto const first = folder_.find(line.text(store::Column::same_as));
    if (!first || !found->is(*first)) {
        store::ListedFile listed;
        listed.file = file;
        listed.bytes = static_cast<std::uint64_t>(line.number(store::Column::bytes));
        listed.sha256 = line.text(store::Column::sha256);
        auto const finding = store::check_file(directory_, listed);
        if (finding.state != store::FileState::good || finding.is_behind_link) {
            ++plan_.changed;
            return;
        }
    }
    plan_.images.push_back(image);
    add(std::move(file), *found);
}

void CleanPlanner::add_sidecars(store::LineColumns const& line) {
    for (auto const captions : {jobs::Captions::text, jobs::Captions::prompt}) {
        for (auto& sidecar : store::sidecars_of(line, {captions, true})) {
            auto const found = folder_.find(sidecar.file);
            if (found && !store::is_folder_file(sidecar.file) &&
                store::is_written_sidecar(directory_, sidecar))
                add(std::move(sidecar.file), *found);
        }
    }
}

bool CleanPlanner::wants(store::Removal removal) const {
    switch (removal) {
    case store::Removal::never: return false;
    case store::Removal::with_pictures: return wish_.pictures || wish_.all;
    case store::Removal::with_parts: return wish_.parts || wish_.all;
    case store::Removal::with_all: return wish_.all;
    }
    return false;
}

void CleanPlanner::add_folder_files() {
    for (auto const& file : store::folder_files()) {
        if (!wants(file.removal)) continue;
        std::vector<std::string> names{std::string(file.name)};
        if (file.name.ends_with('/')) {
            names = folder_.names_below(file.name);
            std::erase_if(names, [&file](std::string const& name) {
                return store::removal_below(file.name, name) != file.removal;
            });
            for (auto& name : names) name.insert(0, file.name);
        }
        for (auto& name : names) {
            auto const found = folder_.find(name);
            if (!found) continue;
            plan_.spare.push_back(name);
            add(std::move(name), *found);
        }
    }
}

/// The bytes of a file with several names count once.
void CleanPlanner::add(std::string file, store::DiskFile const& found) {
    plan_.files.push_back(std::move(file));
    if (counted_.insert({found.device, found.number}).second) plan_.bytes += found.bytes;
}

} // namespace

CleanPlan clean_plan(std::string const& directory, CleanWish const& wish, Held held) {
    return CleanPlanner(directory, wish, held).plan();
}

} // namespace darkroom::cli
