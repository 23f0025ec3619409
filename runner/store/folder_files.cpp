#include "runner/store/folder_files.hpp"

#include "runner/base/sha256.hpp"
#include "runner/base/text.hpp"
#include "runner/store/part_note.hpp"

#include <algorithm>
#include <string>

namespace darkroom::store {

namespace {

using enum Removal;

constexpr FolderFile folder_file_table[] = {
    {"journal.db", never, "it alone knows what was paid"},
    {"journal.db-wal", never, "it belongs to journal.db"},
    {"journal.db-shm", never, "it belongs to journal.db"},
    {"journal.db-journal", never, "it belongs to journal.db"},
    {"marks", never, "it shows which requests have left"},
    {"run.lock", never, "it shows who works there"},
    {"manifest.jsonl", never, "it lists what was made, and its cost"},
    {"unwanted.jsonl", never, "it is the other part of the manifest"},
    {"manifest-0.1.jsonl", never, "it is the manifest as version 0.1 wrote it"},
    {"failed.jsonl", never, "it lists what has failed"},
    {"dashboard", never, "a page may be served after its run"},
    {"picks.json", never, "it is the word of a person"},
    {"service/", never, "it has the tasks of the built-in service: its ledger and its pictures"},
    {"thumbs/", with_pictures, "they are small copies of pictures"},
    {"parts/", with_parts, "they are downloads that did not end well"},
    {"marks.new", with_parts, "a run that was killed has left it"},
    {"gallery.html.part", with_parts, "it is left of a page that was being written"},
    {"pick.html.part", with_parts, "it is left of a page that was being written"},
    {"picks.json.part", with_parts, "it is left of a file that was being written"},
    {"gallery.html", with_all, "'darkroom gallery' writes it again"},
    {"pick.html", with_all, "'darkroom pick' writes it again"},
    {"exchanges.jsonl", with_all, "it is for a report about the last run"},
    {"exchanges-older.jsonl", with_all, "it is for a report about the last run"},
    {"control", with_all, "a run that was killed has left it"}};

/// Returns true for "DIGEST.webp", and for one that was being written.
bool is_thumbnail(std::string_view name) {
    if (name.ends_with(".part")) name.remove_suffix(5);
    if (name == "index.txt") return true;
    Digest digest{};
    return name.ends_with(".webp") && from_hex(name.substr(0, name.size() - 5), digest);
}

} // namespace

std::span<FolderFile const> folder_files() { return folder_file_table; }

bool is_folder_file(std::string_view path) {
    std::string plain; // without what makes no difference, also where case makes none
    for (auto const part : split(path, '/'))
        if (!part.empty() && part != ".") plain += (plain.empty() ? "" : "/") + to_lower(part);
    return std::any_of(std::begin(folder_file_table), std::end(folder_file_table),
                       [&plain](FolderFile const& file) {
                           bool const is_directory = file.name.ends_with('/');
                           return is_directory ? plain.starts_with(file.name) : plain == file.name;
                       });
}

std::optional<Removal> removal_below(std::string_view directory, std::string_view name) {
    if (directory == "thumbs/" && is_thumbnail(name)) return with_pictures;
    bool const is_draft = name.starts_with("darkroom."); // of a list, a caption, a link
    if (directory == "parts/" && (is_draft || step_of_part(name))) return with_parts;
    return std::nullopt;
}

} // namespace darkroom::store
