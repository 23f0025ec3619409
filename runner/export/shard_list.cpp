#include "runner/export/shard_list.hpp"

#include "runner/base/json.hpp"
#include "runner/base/text.hpp"

namespace darkroom::exports {

namespace {

json::Value public_part_of(Shard const& shard) {
    json::Value out{json::Object{}};
    out.set("name", shard.name);
    out.set("samples", shard.samples);
    out.set("bytes", shard.bytes);
    out.set("sha256", shard.sha256);
    return out;
}

std::uint64_t count_of(json::Value const& line, std::string_view key) {
    return static_cast<std::uint64_t>(line.integer(key).value_or(0));
}

} // namespace

std::string write_shards(std::vector<Shard> const& shards) {
    std::string text;
    for (auto const& shard : shards) {
        auto line = public_part_of(shard);
        line.set("entries", shard.entries);
        line.set("full", shard.is_full);
        line.set("fingerprint", shard.fingerprint);
        text += json::write(line) + "\n";
    }
    return text;
}

std::vector<Shard> read_shards(std::string_view text) {
    std::vector<Shard> shards;
    for (auto const part : split(text, '\n')) {
        auto const line = json::read(part);
        if (line.has_error() || !line->is_object()) break;
        Shard shard;
        shard.name = line->text("name").value_or("");
        shard.samples = count_of(*line, "samples");
        shard.bytes = count_of(*line, "bytes");
        shard.sha256 = line->text("sha256").value_or("");
        shard.entries = count_of(*line, "entries");
        shard.is_full = line->boolean("full").value_or(false);
        shard.fingerprint = line->text("fingerprint").value_or("");
        shards.push_back(std::move(shard));
    }
    return shards;
}

std::string index_of(std::vector<Shard> const& shards) {
    json::Array ours;
    json::Array theirs;
    std::uint64_t samples = 0;
    std::uint64_t bytes = 0;
    for (auto const& shard : shards) {
        ours.push_back(public_part_of(shard));
        json::Value one{json::Object{}};
        one.set("url", shard.name);
        one.set("nsamples", shard.samples);
        theirs.push_back(std::move(one));
        samples += shard.samples;
        bytes += shard.bytes;
    }
    json::Value out{json::Object{}};
    out.set("__kind__", "wids-shard-index-v1");
    out.set("wids_version", 1);
    out.set("name", "darkroom");
    out.set("samples", samples);
    out.set("bytes", bytes);
    out.set("shards", std::move(ours));
    out.set("shardlist", std::move(theirs));
    return json::write(out) + "\n";
}

} // namespace darkroom::exports
