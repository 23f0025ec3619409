// Search: every word of the query must occur in the prompt, or in what stands beside it.
{
  const data = gallery.data;
  const folded = []; // by the number of the text, made when it is first needed

  function folded_text(number) {
    if (folded[number] === undefined) folded[number] = gallery.fold(data.strings[number]);
    return folded[number];
  }

  // Splits at white space, except between quotation marks; a minus excludes.
  function words_of(query) {
    const words = [];
    for (const [, minus, quoted, plain] of query.matchAll(/(-?)(?:"([^"]*)"?|([^\s"]+))/g)) {
      const text = gallery.fold(quoted === undefined ? plain : quoted);
      if (text) words.push({ text, excludes: minus === "-" });
      else if (minus) words.push({ text: minus, excludes: false });
    }
    return words;
  }

  // Remembers for each text whether it has the word, since many rows share one.
  function word_test({ text, excludes }) {
    const known = new Uint8Array(data.strings.length);
    const has = (number) => {
      if (!known[number]) known[number] = folded_text(number).includes(text) ? 2 : 1;
      return known[number] === 2;
    };
    const known_sets = new Uint8Array(data.sets.length);
    const has_in_set = (set) => {
      if (!known_sets[set]) known_sets[set] = data.sets[set].some(has) ? 2 : 1;
      return known_sets[set] === 2;
    };
    const is_in = (row) => has(data.family[row]) || has(data.prompt[row]) || has(data.job[row]) ||
      has(data.path[row]) || has_in_set(data.vars[row]) || has_in_set(data.drawn[row]) ||
      (data.message[row] !== "" && gallery.fold(data.message[row]).includes(text)) ||
      (data.result[row] !== "" && gallery.fold(data.result[row]).includes(text));
    return excludes ? (row) => !is_in(row) : is_in;
  }

  // Returns a test of a row; none for an empty query.
  gallery.search = (query) => {
    const tests = words_of(query).map(word_test);
    if (tests.length === 0) return null;
    return (row) => tests.every((test) => test(row));
  };
}
