#include "tests/tidy/source.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>

namespace darkroom::tidy {

namespace {

namespace fs = std::filesystem;

/// Turns comments and the insides of literals into blanks; line ends stay.
class Blanker {
public:
    explicit Blanker(std::string text) : text_(std::move(text)) {}

    std::string run() {
        while (at_ < text_.size()) {
            if (starts("//"))
                blank_until("\n");
            else if (starts("/*"))
                blank_through("*/");
            else if (starts("R\"") && !follows_word())
                blank_raw_string();
            else if (text_[at_] == '"')
                blank_literal('"');
            else if (text_[at_] == '\'' && !follows_word())
                blank_literal('\'');
            else
                ++at_;
        }
        return std::move(text_);
    }

private:
    bool starts(std::string_view what) const { return text_.compare(at_, what.size(), what) == 0; }

    /// True after a letter or digit: inside a name, or at a digit separator.
    bool follows_word() const {
        return at_ > 0 && (std::isalnum(static_cast<unsigned char>(text_[at_ - 1])) != 0 ||
                           text_[at_ - 1] == '_');
    }

    void blank_to(std::size_t end) {
        for (end = std::min(end, text_.size()); at_ < end; ++at_) {
            if (text_[at_] != '\n') text_[at_] = ' ';
        }
    }

    void blank_until(std::string_view end) { blank_to(text_.find(end, at_)); }

    void blank_through(std::string_view end) {
        auto const found = text_.find(end, at_ + 2);
        blank_to(found == std::string::npos ? found : found + end.size());
    }

    void blank_raw_string() {
        auto const open = text_.find('(', at_);
        if (open == std::string::npos) return blank_to(open);
        std::string const end = ")" + text_.substr(at_ + 2, open - at_ - 2) + "\"";
        at_ += 2; // the quotes stay: a literal is still a token
        auto const found = text_.find(end, open);
        blank_to(found == std::string::npos ? found : found + end.size() - 1);
        ++at_;
    }

    void blank_literal(char quote) {
        auto end = at_ + 1;
        while (end < text_.size() && text_[end] != quote && text_[end] != '\n')
            end += text_[end] == '\\' ? 2 : 1;
        ++at_;
        blank_to(end);
        ++at_;
    }

    std::string text_;
    std::size_t at_ = 0;
};

bool is_skipped_folder(fs::path const& folder) {
    auto const name = folder.filename().string();
    return name == "node_modules" || name == "__pycache__" || name.starts_with("corpus");
}

/// Adds the file unless it is binary.
void read_file(fs::path const& root, fs::path const& file, std::vector<SourceFile>& into) {
    std::ifstream in(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (text.find('\0') != std::string::npos) return;
    into.emplace_back(file.lexically_relative(root).generic_string(), std::move(text));
}

void read_folder(fs::path const& root, fs::path const& folder, std::vector<SourceFile>& into) {
    fs::recursive_directory_iterator entry(folder);
    for (; entry != fs::recursive_directory_iterator(); ++entry) {
        if (entry->is_directory() && is_skipped_folder(entry->path()))
            entry.disable_recursion_pending();
        else if (entry->is_regular_file())
            read_file(root, entry->path(), into);
    }
}

} // namespace

SourceFile::SourceFile(std::string file_path, std::string file_text)
    : path(std::move(file_path)), text(std::move(file_text)),
      code(is_code() ? Blanker(text).run() : text) {
    starts.push_back(0);
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;)
        starts.push_back(++at);
    if (starts.size() > 1 && starts.back() == text.size()) starts.pop_back();
}

bool SourceFile::is_code() const { return path.ends_with(".cpp") || path.ends_with(".hpp"); }

std::size_t SourceFile::line_of(std::size_t offset) const {
    auto const after = std::upper_bound(starts.begin(), starts.end(), offset);
    return static_cast<std::size_t>(after - starts.begin());
}

std::string_view SourceFile::line(std::size_t number) const {
    auto const from = starts[number - 1];
    auto const end = std::min(text.find('\n', from), text.size());
    return std::string_view(text).substr(from, end - from);
}

std::vector<Include> includes_of(SourceFile const& file) {
    std::vector<Include> found;
    if (!file.is_code()) return found;
    for (std::size_t number = 1; number <= file.starts.size(); ++number) {
        if (file.code.compare(file.starts[number - 1], 8, "#include") != 0) continue;
        auto const line = file.line(number);
        auto const open = line.find_first_of("\"<", 8);
        if (open == std::string_view::npos) continue;
        auto const close = line.find_first_of("\">", open + 1);
        if (close == std::string_view::npos) continue;
        std::string name(line.substr(open + 1, close - open - 1));
        found.push_back({std::move(name), line[open] == '"', number});
    }
    return found;
}

std::vector<SourceFile> read_tree(fs::path const& root) {
    std::vector<SourceFile> files;
    for (auto const folder : {".ci", "docs", "examples", "jobs", "runner", "tests"}) {
        if (fs::is_directory(root / folder)) read_folder(root, root / folder, files);
    }
    for (auto const& entry : fs::directory_iterator(root)) {
        auto const name = entry.path().filename();
        if (entry.is_regular_file() && name != ".git") read_file(root, entry.path(), files);
    }
    std::sort(files.begin(), files.end(),
              [](auto const& a, auto const& b) { return a.path < b.path; });
    return files;
}

} // namespace darkroom::tidy
