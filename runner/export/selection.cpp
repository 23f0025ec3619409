#include "runner/export/selection.hpp"

#include "runner/export/names.hpp"
#include "runner/export/parents.hpp"
#include "runner/export/roots.hpp"
#include "runner/export/split_rule.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace darkroom::exports {

namespace {

bool is_grid(engine::ManifestRow const& row) {
    auto const offers = [&row](std::string_view action) {
        return std::find(row.actions.begin(), row.actions.end(), action) != row.actions.end();
    };
    return row.kind == "image" && row.tile == 0 && offers("upscale1") && offers("upscale4");
}

/// Numbers texts so that the numbers are in the order of the texts.
class Texts {
public:
    std::uint32_t number(std::string const& text) {
        return numbers_.try_emplace(text, static_cast<std::uint32_t>(numbers_.size()))
            .first->second;
    }
    /// Returns the final number of each first one.
    std::vector<std::uint32_t> in_order() const {
        std::vector<std::uint32_t> order(numbers_.size());
        std::uint32_t place = 0;
        for (auto const& [text, number] : numbers_) order[number] = place++;
        return order;
    }

private:
    std::map<std::string, std::uint32_t> numbers_;
};

class Selector {
public:
    Selector(Sources const& sources, Options const& options)
        : sources_(sources), options_(options) {
        for (auto const& source : sources) {
            labels_.push_back(label_of(source->directory()));
            places_.push_back(source->directory());
        }
    }

    Result<Selection> run() {
        TRY(for_each_row(sources_, options_.filter, [this](ChosenRow const& chosen) -> Result<> {
            add(chosen);
            return {};
        }));
        set_splits();
        if (options_.pairs) find_parents();
        std::erase_if(selection_.entries, [](Entry const& entry) { return !entry.is_chosen; });
        sort();
        if (options_.tiles) drop_cut_grids();
        if (options_.dedup) drop_duplicates();
        if (options_.pairs) set_parents();
        set_names();
        return std::move(selection_);
    }

private:
    bool is_exported(ChosenRow const& chosen) {
        auto const& row = chosen.listed.row;
        auto& left_out = selection_.left_out;
        bool const is_video = row.kind == "video";
        bool const takes_it = !is_video || options_.format != Format::imagefolder;
        if (row.kind == "text" || row.file.empty()) {
            left_out.texts += chosen.is_chosen ? 1 : 0;
            return false;
        }
        if (!takes_it) left_out.videos += chosen.is_chosen ? 1 : 0;
        return takes_it;
    }

    void add(ChosenRow const& chosen) {
        auto const& row = chosen.listed.row;
        if (options_.split.size() > 1)
            roots_.note({chosen.source, jobs_.number(row.job), row.item}, row);
        if (!is_exported(chosen) || (!chosen.is_chosen && !options_.pairs)) return;
        Entry entry;
        entry.offset = chosen.listed.offset;
        entry.length = chosen.listed.length;
        entry.source = static_cast<std::uint32_t>(chosen.source);
        entry.item = row.item;
        entry.bytes = row.bytes;
        entry.job = jobs_.number(row.job);
        entry.path = paths_.number(row.path);
        entry.repeat = row.repeat;
        entry.tile = static_cast<std::int16_t>(row.tile);
        entry.is_chosen = chosen.is_chosen;
        entry.is_grid = options_.tiles && is_grid(row);
        entry.key = row.key;
        entry.name = name_of(chosen);
        entry.extension = extension_of(row.format);
        if (options_.pairs) parents_.note(selection_.entries.size(), chosen.source, row);
        if (options_.dedup) from_hex(row.sha256, pictures_.emplace_back());
        entry.parent = static_cast<std::int32_t>(selection_.entries.size()); // for now: its own
        selection_.entries.push_back(std::move(entry));
        if (chosen.is_chosen)
            for (auto const& [name, value] : row.variables) selection_.variables.insert(name);
    }

    std::string name_of(ChosenRow const& chosen) const {
        if (options_.format == Format::webdataset) return sample_key(chosen.listed.row);
        auto const label = sources_.size() > 1 ? labels_[chosen.source] : std::string();
        auto const words = options_.format == Format::folder ? Words::of_prompt : Words::none;
        return readable_name(chosen.listed.row, label, words);
    }

    void set_splits() {
        if (options_.split.size() < 2) return;
        for (auto& entry : selection_.entries)
            entry.split = static_cast<std::uint16_t>(split_of(
                roots_.find({entry.source, entry.job, entry.item}, entry.key), options_.split));
    }

    /// Takes the parents of what is chosen as well, and drops what has none.
    void find_parents() {
        auto& entries = selection_.entries;
        above_.assign(entries.size(), -1);
        std::vector<std::size_t> wanted;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            if (!entries[i].is_chosen) continue;
            auto const above = parents_.find(i);
            if (above && entries[*above].split == entries[i].split) {
                above_[i] = static_cast<std::int32_t>(*above);
                wanted.push_back(*above);
            } else {
                ++selection_.left_out.without_parent;
            }
        }
        for (std::size_t i = 0; i < entries.size(); ++i)
            if (above_[i] < 0) entries[i].is_chosen = false;
        for (auto const i : wanted) entries[i].is_chosen = true;
    }

    void sort() {
        auto const jobs = jobs_.in_order();
        auto const paths = paths_.in_order();
        auto const order = [&](Entry const& entry) {
            return std::make_tuple(entry.split, jobs[entry.job], entry.item, entry.repeat,
                                   paths[entry.path], entry.tile);
        };
        std::sort(selection_.entries.begin(), selection_.entries.end(),
                  [&](Entry const& a, Entry const& b) {
                      auto const of_a = order(a);
                      auto const of_b = order(b);
                      if (of_a != of_b) return of_a < of_b;
                      if (a.key != b.key) return a.key < b.key;
                      if (a.source != b.source) return places_[a.source] < places_[b.source];
                      return a.offset < b.offset;
                  });
    }

    /// A grid whose tiles are listed as well stands right before them.
    void drop_cut_grids() {
        auto& entries = selection_.entries;
        std::vector<Entry> kept;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            bool const is_cut = entries[i].is_grid && i + 1 < entries.size() &&
                                entries[i + 1].tile > 0 && entries[i + 1].key == entries[i].key &&
                                entries[i + 1].source == entries[i].source;
            selection_.left_out.grids += is_cut ? 1 : 0;
            if (!is_cut) kept.push_back(std::move(entries[i]));
        }
        entries = std::move(kept);
    }

    void drop_duplicates() {
        std::map<Digest, std::int32_t> first; // by the picture: the number before sorting
        std::vector<Entry> kept;
        for (auto& entry : selection_.entries) {
            auto const& digest = pictures_[static_cast<std::size_t>(entry.parent)];
            auto const [found, is_new] = first.emplace(digest, entry.parent);
            if (!is_new) {
                ++selection_.left_out.duplicates;
                same_as_[entry.parent] = found->second;
                continue;
            }
            kept.push_back(std::move(entry));
        }
        selection_.entries = std::move(kept);
    }

    /// Replaces the numbers before sorting by those after it.
    void set_parents() {
        std::map<std::int32_t, std::int32_t> places;
        auto& entries = selection_.entries;
        for (std::size_t i = 0; i < entries.size(); ++i)
            places[entries[i].parent] = static_cast<std::int32_t>(i);
        for (auto& entry : entries) {
            auto above = above_[static_cast<std::size_t>(entry.parent)];
            if (auto const same = same_as_.find(above); same != same_as_.end())
                above = same->second;
            auto const found = places.find(above);
            entry.parent = found == places.end() ? -1 : found->second;
        }
    }

    void set_names() {
        NameBook book;
        std::uint16_t split = 0;
        for (auto& entry : selection_.entries) {
            if (entry.split != split && options_.format == Format::imagefolder) book = NameBook();
            split = entry.split;
            entry.name = book.take(entry.name);
            if (!options_.pairs) entry.parent = -1;
        }
    }

    Sources const& sources_;
    Options const& options_;
    std::vector<std::string> labels_;
    std::vector<std::string> places_;
    Selection selection_;
    Texts jobs_;
    Texts paths_;
    Roots roots_;
    Parents parents_;
    std::vector<Digest> pictures_;    ///< In the order before sorting.
    std::vector<std::int32_t> above_; ///< The same.
    std::map<std::int32_t, std::int32_t> same_as_;
};

} // namespace

Result<Selection> select(Sources const& sources, Options const& options) {
    return Selector(sources, options).run();
}

std::string extension_of(std::string const& format) {
    if (format == "jpeg") return ".jpg";
    auto const is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    bool const is_known = !format.empty() && format.size() <= 5 &&
                          std::all_of(format.begin(), format.end(), is_plain);
    return is_known ? "." + format : ".bin";
}

std::string label_of(std::string const& directory) {
    auto const end = directory.find_last_not_of('/');
    if (end == std::string::npos) return "run";
    auto const slash = directory.rfind('/', end);
    return directory.substr(slash + 1, end - slash); // npos + 1 is 0
}

} // namespace darkroom::exports
