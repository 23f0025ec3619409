#include "runner/store/arrangement.hpp"

#include "runner/store/wanted_lines.hpp"

#include <algorithm>
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
        file_.start_sync();
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
    TRY_ASSIGN(auto wanted, WantedLines::open(folder, present.bytes, plan));
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
    TRY_ASSIGN(auto wanted, WantedLines::open(folder, present.bytes, plan));
    auto const put = [&take](std::string const& line, ListedLine const*, std::string_view) {
        return take(line);
    };
    TRY(wanted.walk(WantedLines::Which::missing_repeats, put));
    return {};
}

} // namespace darkroom::store
