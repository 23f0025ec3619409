#include "jobs/yaml/data_file.hpp"

#include "runner/base/number.hpp"
#include "runner/base/whole_file.hpp"

#include <fmt/format.h>

#include <boost/system/errc.hpp>

namespace darkroom::jobs {

namespace {

Error wrong(Finding const& finding) {
    return {boost::system::errc::make_error_code(boost::system::errc::invalid_argument),
            fmt::format("{}:{}:{}: {}", finding.file, finding.line, finding.column, finding.text)};
}

json::Value scalar(Node const& node) {
    if (node.quoted) return node.text;
    auto plain = json::read(node.text);
    if (plain && (plain->is_number() || plain->boolean())) return std::move(*plain);
    return node.text;
}

json::Value value_of(Node const& node) {
    switch (node.kind) {
    case Node::Kind::null: return nullptr;
    case Node::Kind::text: return scalar(node);
    case Node::Kind::list: {
        json::Array list;
        for (auto const& item : node.items) list.push_back(value_of(*item));
        return list;
    }
    case Node::Kind::map: break;
    }
    json::Object members;
    for (auto const& [key, where, value] : node.members)
        members.emplace_back(key, value_of(*value));
    return members;
}

/// The element of a list at a number in digits.
Node const* item_at(Node const& list, std::string_view step) {
    auto const number = parse_whole<std::size_t>(step);
    bool const exists = number && *number < list.items.size();
    return exists ? list.items[*number].get() : nullptr;
}

} // namespace

Result<DataFile> DataFile::load(std::string const& path) {
    DataFile data;
    data.path_ = path;
    TRY_ASSIGN(data.text_, read_whole_file(path, YamlLimits().bytes));
    Findings findings;
    auto const source = findings.add_source(path, data.text_, true);
    data.root_ = read_yaml(data.text_, source, findings);
    for (auto const& finding : findings.sorted())
        if (finding.level == Finding::Level::error) return wrong(finding);
    data.value_ = value_of(*data.root_);
    return data;
}

std::string DataFile::place(std::vector<std::string> const& steps) const {
    Findings findings;
    auto const source = findings.add_source(path_, text_, true);
    auto const* node = root_.get();
    auto where = node->where;
    for (auto const& step : steps) {
        auto const* member = node->is_map() ? node->find(step) : nullptr;
        node = member != nullptr ? member->value.get() : item_at(*node, step);
        if (node == nullptr) break;
        where = member != nullptr ? member->where : node->where;
    }
    where.source = source;
    findings.error(where, "here");
    auto const found = findings.sorted().front();
    return fmt::format("{}:{}:{}", found.file, found.line, found.column);
}

} // namespace darkroom::jobs
