#include "runner/export/chosen_rows.hpp"

#include "runner/base/glob.hpp"
#include "runner/export/picked_images.hpp"

#include <algorithm>

namespace darkroom::exports {

namespace {

bool has_variable(engine::ManifestRow const& row, std::pair<std::string, std::string> const& one) {
    return std::any_of(row.variables.begin(), row.variables.end(), [&one](auto const& variable) {
        return variable.first == one.first && variable.second == one.second;
    });
}

Result<PickedImages> picked_images_of(RowSource& source) {
    TRY_ASSIGN(auto const text, source.picks());
    auto read = PickedImages::read(text);
    if (read.has_error())
        return Error(read.error().code,
                     source.directory() + "/picks.json: " + read.error().message());
    if (read->needs_rows()) {
        TRY(source.for_each([&read](ListedRow const& listed) -> Result<> {
            read->note(listed.row);
            return {};
        }));
    }
    return read;
}

} // namespace

bool matches(Filter const& filter, engine::ManifestRow const& row) {
    auto const is_of = [&row](std::string const& job) { return glob_match(job, row.job); };
    auto const& jobs = filter.jobs;
    if (!jobs.empty() && std::none_of(jobs.begin(), jobs.end(), is_of)) return false;
    return std::all_of(filter.where.begin(), filter.where.end(),
                       [&row](auto const& one) { return has_variable(row, one); });
}

Result<> for_each_row(Sources const& sources, Filter const& filter,
                      std::function<Result<>(ChosenRow const&)> const& take) {
    for (std::size_t number = 0; number < sources.size(); ++number) {
        auto& source = *sources[number];
        PickedImages picked;
        if (filter.picked) {
            TRY_ASSIGN(picked, picked_images_of(source));
        }
        TRY(source.for_each([&](ListedRow const& listed) -> Result<> {
            bool const is_chosen =
                matches(filter, listed.row) && (!filter.picked || picked.has(listed));
            return take({listed, number, is_chosen});
        }));
    }
    return {};
}

} // namespace darkroom::exports
