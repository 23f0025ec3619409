#include "jobs/read/include.hpp"

#include "jobs/read/job_text.hpp"
#include "jobs/read/mask_file.hpp"
#include "jobs/yaml/node_change.hpp"
#include "jobs/yaml/values.hpp"
#include "runner/base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace darkroom::jobs {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t files_max = 100;
constexpr std::size_t includes_max = 16;

/// Mappings inside a section that are merged themselves; the others are one value each, such as a
/// token that is `{env: …}` here and `{file: …}` there.
constexpr std::array<std::string_view, 4> merged_inside{"timeouts", "callback", "params", "vars"};

enum class Depth { top, section, inner };

/// In `service`, `token` and `accounts` exclude each other: the one of the upper file replaces the
/// one of the lower file.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> rivals{
    {{"token", "accounts"}, {"accounts", "token"}}};

bool merges(std::string_view key, Depth depth) {
    if (depth == Depth::inner) return false;
    return depth == Depth::top ||
           std::find(merged_inside.begin(), merged_inside.end(), key) != merged_inside.end();
}

/// Lays `upper` over `lower`; keys stay in the order in which they came first.
NodePtr overlay(NodePtr const& upper, NodePtr const& lower, Depth depth) {
    auto result = std::make_shared<Node>(*upper);
    result->members = lower->members;
    result->size = 1;
    for (auto const& [key, rival] : rivals) {
        if (depth == Depth::section && upper->find(key) != nullptr)
            std::erase_if(result->members,
                          [&rival = rival](Member const& member) { return member.key == rival; });
    }
    auto const below = depth == Depth::top ? Depth::section : Depth::inner;
    for (auto const& member : upper->members) {
        auto const old =
            std::find_if(result->members.begin(), result->members.end(),
                         [&member](Member const& known) { return known.key == member.key; });
        if (old == result->members.end()) {
            result->members.push_back(member);
        } else if (member.value->is_map() && old->value->is_map() && merges(member.key, depth)) {
            *old = {member.key, member.where, overlay(member.value, old->value, below)};
        } else if (!member.value->is_null()) {
            *old = member;
        }
    }
    for (auto const& member : result->members) result->size += member.value->size;
    return result;
}

NodePtr without(NodePtr const& map, std::string_view key) {
    auto result = std::make_shared<Node>(*map);
    std::erase_if(result->members, [key](Member const& member) { return member.key == key; });
    return result;
}

/// Makes the relative paths of an included file absolute, where a job file has paths.
class Anchor {
public:
    explicit Anchor(fs::path folder) : folder_(std::move(folder)) {}

    NodePtr file(NodePtr const& root) const {
        auto const path = [this](NodePtr const& text) { return absolute(text); };
        auto const table = [&path](NodePtr const& prompts) {
            return prompts->is_map() ? changed(prompts, "file", path) : path(prompts);
        };
        auto const job = [&](NodePtr const& map) {
            return with_mask_files(changed(map, "prompts", table), path);
        };
        auto const jobs = [&job](NodePtr const& list) { return each_changed(list, job); };
        auto const token = [&path](NodePtr const& map) { return changed(map, "file", path); };
        auto const account = [&token](NodePtr const& map) { return changed(map, "token", token); };
        auto const accounts = [&account](NodePtr const& list) {
            return each_changed(list, account);
        };
        auto const service = [&](NodePtr const& map) {
            auto const tokens = changed(changed(map, "token", token), "accounts", accounts);
            return changed(tokens, "ca_file", path);
        };
        auto const output = [&path](NodePtr const& map) { return changed(map, "directory", path); };
        auto const hook = [&token](NodePtr const& map) { return changed(map, "secret", token); };
        auto const hooks = [&hook](NodePtr const& map) {
            return changed(changed(map, "on_finish", hook), "on_failure", hook);
        };
        auto const settings = changed(changed(root, "service", service), "output", output);
        auto const result = changed(settings, "hooks", hooks);
        return changed(changed(result, "defaults", job), "jobs", jobs);
    }

private:
    NodePtr absolute(NodePtr const& text) const {
        if (!text->is_text() || text->text.empty() || text->text == "-") return text;
        auto result = std::make_shared<Node>(*text);
        result->text = (folder_ / text->text).lexically_normal().string();
        return result;
    }

    fs::path folder_;
};

/// Returns a path by which a file is known again. Without a working directory a relative path stays
/// one.
fs::path whole_path(std::string const& path) {
    std::error_code ignored;
    if (path == "-") return path;
    return (fs::current_path(ignored) / path).lexically_normal();
}

/// Reads included files and keeps the chain of files that include each other.
class Includer {
public:
    explicit Includer(IncludeContext const& context)
        : context_(context), home_(folder_of(context.path)) {
        open_.push_back(whole_path(context.path));
    }

    NodePtr whole(NodePtr const& root) {
        auto result = included(root, fs::path(context_.path).parent_path());
        std::error_code ignored; // a missing file is no error here
        auto const& config = context_.user_config;
        if (config.empty() || !fs::exists(config, ignored)) return result;
        auto const settings = read(config, Where());
        if (!settings) return result;
        for (auto const key : {"name", "jobs", "defaults", "include"}) {
            if (auto const* member = settings->find(key))
                context_.findings.error(member->where,
                                        fmt::format("'{}' belongs into a job file", key));
        }
        return overlay(result, Anchor(folder_of(config)).file(settings), Depth::top);
    }

private:
    /// `shown` is the folder of the file with `root`, as messages show it.
    NodePtr included(NodePtr const& root, fs::path const& shown) {
        auto const* list = root->find("include");
        if (!list) return root;
        NodePtr below;
        for (auto const& file : files_of(*list)) {
            auto tree = load(file, shown);
            if (tree) below = below ? overlay(tree, below, Depth::top) : tree;
        }
        auto const own = without(root, "include");
        return below ? overlay(own, below, Depth::top) : own;
    }

    std::vector<Member> files_of(Member const& list) {
        if (list.value->is_list()) return elements_of(list, context_.findings);
        return {list};
    }

    NodePtr load(Member const& file, fs::path const& shown) {
        auto const name = text_of(file, context_.findings);
        if (!name) return nullptr;
        auto const& where = file.value->where;
        auto const inside = fs::path(open_.back()).parent_path();
        auto const path = (inside.empty() ? fs::path(home_) : inside) / *name;
        auto const target = path.lexically_normal().string();
        if (std::find(open_.begin(), open_.end(), target) != open_.end()) {
            context_.findings.error(where, fmt::format("'{}' includes itself", *name));
            return nullptr;
        }
        if (++files_ > files_max || open_.size() > includes_max) {
            context_.findings.error(where, fmt::format("more than {} included files, or {} levels "
                                                       "of them",
                                                       files_max, includes_max));
            return nullptr;
        }
        auto tree = read((shown / *name).string(), where, target);
        if (!tree) return nullptr;
        context_.files.push_back(target);
        auto const folder = fs::path(target).parent_path();
        if (folder != fs::path(home_)) tree = Anchor(folder).file(tree);
        open_.push_back(target);
        tree = included(tree, (shown / *name).parent_path());
        open_.pop_back();
        return tree;
    }

    /// Reads a file that is a mapping. Returns null with an error, at `where` when it cannot be
    /// read at all.
    NodePtr read(std::string const& shown, Where const& where, std::string const& path = "") {
        auto text = read_job_text(path.empty() ? shown : path);
        if (text.has_error()) {
            context_.findings.error(
                where, fmt::format("cannot include '{}': {}", shown, text.error().code.message()));
            return nullptr;
        }
        auto const& kept = context_.texts.emplace_back(std::move(*text));
        auto body = std::string_view(kept);
        body = without_byte_order_mark(body);
        auto const source = context_.findings.add_source(shown, body, true);
        auto tree = read_yaml(body, source, context_.findings);
        if (!tree) return nullptr;
        values_ += tree->size;
        if (values_ > YamlLimits().values)
            context_.findings.error({source, 0}, fmt::format("with this file, more than {} values "
                                                             "are included",
                                                             YamlLimits().values));
        else if (tree->is_map())
            return tree;
        else if (!tree->is_null())
            context_.findings.error({source, 0}, "an included file is a mapping, like a job file");
        return nullptr;
    }

    IncludeContext const& context_;
    std::string home_;
    std::vector<std::string> open_; ///< From the job file to the file that is being read.
    std::size_t files_ = 0;
    std::size_t values_ = 0;
};

} // namespace

NodePtr with_included(NodePtr const& root, IncludeContext const& context) {
    return Includer(context).whole(root);
}

} // namespace darkroom::jobs
