#include "jobs/read/mask_file.hpp"

#include "jobs/services/addresses.hpp"
#include "jobs/services/picture_file.hpp"
#include "jobs/yaml/node_change.hpp"
#include "runner/base/base64.hpp"

#include <fmt/format.h>

namespace darkroom::jobs {

NodePtr with_mask_files(NodePtr const& job, std::function<NodePtr(NodePtr const&)> const& change) {
    auto const mask = [&change](NodePtr const& text) {
        return text->is_text() && is_mask_file(text->text) ? change(text) : text;
    };
    auto const entry = [&change](NodePtr const& branch) { return with_mask_files(branch, change); };
    auto const then = [&entry](NodePtr const& list) {
        return list->is_list() ? each_changed(list, entry) : list;
    };
    return changed(changed(job, "mask", mask), "then", then);
}

NodePtr with_masks_read(NodePtr const& root, std::string const& folder, Findings& findings) {
    auto const read = [&](NodePtr const& name) -> NodePtr {
        std::string problem;
        bool const varies = name->text.find("{{") != std::string::npos;
        if (varies) problem = "is a file, which is read once: variables are for addresses";
        auto const bytes = varies ? std::string() : read_picture_file(folder, name->text, problem);
        if (!problem.empty()) {
            findings.error(name->where, fmt::format("the mask '{}' {}", name->text, problem));
            return name;
        }
        auto result = std::make_shared<Node>(*name);
        result->text = to_base64(bytes);
        result->quoted = true;
        return result;
    };
    auto const job = [&read](NodePtr const& map) { return with_mask_files(map, read); };
    auto const jobs = [&job](NodePtr const& list) {
        return list->is_list() ? each_changed(list, job) : list;
    };
    return changed(changed(root, "defaults", job), "jobs", jobs);
}

} // namespace darkroom::jobs
