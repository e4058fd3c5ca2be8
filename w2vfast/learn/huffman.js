// The Huffman tree of hierarchical softmax, with the ties of w2vfast.

// Join the two rarest nodes until one is left. Nodes 0 to V - 1 are words, the most
// frequent first; of equal counts, the inner node goes first.
function joinNodes(wordCounts) {
    const V = wordCounts.length, counts = [...wordCounts], parent = [], branch = [];
    let leaf = V - 1, inner = V;
    const rarest = (made) =>
        leaf >= 0 && (inner >= made || counts[leaf] < counts[inner]) ? leaf-- : inner++;
    for (let node = V; node < 2 * V - 1; node++) {
        const children = [rarest(node), rarest(node)];
        counts[node] = counts[children[0]] + counts[children[1]];
        children.forEach((child, side) => {
            parent[child] = node;
            branch[child] = side;
        });
    }
    return { parent, branch };
}

// The path of each word from the root: {points, codes}; inner node 0 is the root.
function huffmanPaths(wordCounts) {
    const V = wordCounts.length, root = 2 * V - 2;
    const { parent, branch } = joinNodes(wordCounts);
    return wordCounts.map((_, word) => {
        const points = [], codes = [];
        for (let node = word; node !== root; node = parent[node]) {
            points.unshift(root - parent[node]);
            codes.unshift(branch[node]);
        }
        return { points, codes };
    });
}
