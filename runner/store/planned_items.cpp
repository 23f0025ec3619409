#include "runner/store/planned_items.hpp"

#include "runner/engine/manifest_row.hpp"

namespace darkroom::store {

ItemColumns::ItemColumns(jobs::Item const& item)
    : job_(json_text(item.job)), item_(std::to_string(item.index)),
      variables_(engine::variables_text(item.variables)), drawn_(engine::drawn_text(item.drawn)),
      root_prompt_(json_text(item.request.prompt())) {}

void ItemColumns::put_into(LineColumns& line) const {
    line.set(Column::job, job_);
    line.set(Column::item, item_);
    line.set(Column::variables, variables_);
    line.set(Column::drawn, drawn_);
    line.set(Column::root_prompt, root_prompt_);
}

} // namespace darkroom::store
