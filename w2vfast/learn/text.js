// Everything the page says, in English and Chinese.

const TEXT = {
    en: {
        other: "中文", title: "word2vec, step by step",
        subtitle: "A small model trains on this page. Every number of every update is shown.",
        colours: "Light / dark", preset: "Example", model: "Model", objective: "Output layer",
        skipgram: "Skip-gram", pair: "CBOW, one context word", softmax: "Full softmax",
        hs: "Hierarchical softmax", ns: "Negative sampling", dim: "Hidden size N",
        window: "Window", negative: "Negatives K", eta: "Learning rate η", seed: "Seed",
        ownText: "Text or pairs of your own",
        textHelp: "One sentence a line, words separated by spaces; or pairs: drink juice -> apple. The 200 most frequent words are kept.",
        useText: "Train on this text", reset: "Reset", back: "Back", backSteps: "Steps back",
        one: "One update", sentence: "Sentence", epoch: "Epoch", run: "Run", pause: "Pause",
        speed: "Speed", network: "Network", equations: "Equations with the numbers of this update",
        matrices: "Weights W and W′", plane: "Vectors in two dimensions", loss: "Loss",
        matricesNote: "Blue is positive, orange negative. A bar marks the rows that just changed.",
        plane2: "The two coordinates of each vector.",
        planeN: "Projected on the plane of the largest variance (PCA), kept from turning between steps.",
        showOutputs: "Show the output vectors (squares)", neighbours: "Nearest words",
        keys: "Keys: → one update, ← back, s sentence, e epoch, space run or pause, r reset. The address of the page restores this state.",
        order: "Order of the update: all gradients of an example are taken at the old values, as in Rong 2014. word2vec.c updates after each pair, and w2vfast follows its order. W starts between −0.5 and 0.5, W′ at 0; all examples are used once an epoch, in the order of the text.",
        presets: { bigram: "Bigrams", fruit: "Fruit and drinks", royal: "Royal family",
            languages: "Two languages", tang: "Twenty Tang verses", own: "Your text" },
        next: "Next update, not yet applied", lastUpdate: "Update {n}",
        from: "from", predict: "predict", step: "update {n} · epoch {e} · loss {l}",
        input: "input", hidden: "hidden", output: "output", shown: "{n} of {m} words are shown",
        forward: "Forward", error: "Error", updates: "Updates", word: "word", node: "node",
        forTarget: "Target", before: "old", after: "new", more: "and {n} more rows",
        perEpoch: "mean loss of one prediction, for each epoch", noLoss: "No update yet.",
        clickWord: "Cosine of input vectors. Click a word anywhere to see its neighbours.", noText: "The text has no example to learn from.",
    },
    zh: {
        other: "English", title: "逐步看懂 word2vec",
        subtitle: "本页训练一个小模型，并显示每次更新的全部数字。",
        colours: "浅色 / 深色", preset: "示例", model: "模型", objective: "输出层",
        skipgram: "Skip-gram", pair: "CBOW，单个上下文词", softmax: "完整 softmax",
        hs: "层次 softmax", ns: "负采样", dim: "隐藏层大小 N",
        window: "窗口", negative: "负样本数 K", eta: "学习率 η", seed: "随机种子",
        ownText: "使用自己的文本或词对",
        textHelp: "每行一个句子，词之间用空格分隔；或写词对：drink juice -> apple。保留最常见的 200 个词。",
        useText: "用此文本训练", reset: "重置", back: "后退", backSteps: "后退步数",
        one: "更新一次", sentence: "一句", epoch: "一轮", run: "运行", pause: "暂停",
        speed: "速度", network: "网络", equations: "公式与本次更新的数字",
        matrices: "权重 W 与 W′", plane: "二维向量图", loss: "损失",
        matricesNote: "蓝色为正，橙色为负。左侧竖条标出刚刚改变的行。",
        plane2: "每个向量的两个坐标。",
        planeN: "投影到方差最大的平面（PCA），相邻两步之间不旋转。",
        showOutputs: "显示输出向量（方块）", neighbours: "最近的词",
        keys: "按键：→ 更新一次，← 后退，s 一句，e 一轮，空格 运行或暂停，r 重置。页面地址可恢复当前状态。",
        order: "更新顺序：一个样本的全部梯度都用旧值计算，与 Rong 2014 相同；word2vec.c 在每个词对之后更新，w2vfast 遵循其顺序。W 的初值在 −0.5 与 0.5 之间，W′ 为 0；每轮按文本顺序使用每个样本一次。",
        presets: { bigram: "二元词对", fruit: "水果与饮料", royal: "王室",
            languages: "两种语言", tang: "唐诗二十句", own: "你的文本" },
        next: "下一次更新（尚未执行）", lastUpdate: "第 {n} 次更新",
        from: "由", predict: "预测", step: "更新 {n} · 轮 {e} · 损失 {l}",
        input: "输入", hidden: "隐藏", output: "输出", shown: "显示 {m} 个词中的 {n} 个",
        forward: "前向计算", error: "误差", updates: "更新", word: "词", node: "节点",
        forTarget: "目标", before: "旧", after: "新", more: "另有 {n} 行",
        perEpoch: "每轮中每次预测的平均损失", noLoss: "尚未更新。",
        clickWord: "输入向量的余弦。点击任意一个词可查看其近邻。", noText: "文本中没有可学习的样本。",
    },
};

let language = navigator.language.startsWith("zh") ? "zh" : "en";

// A text of the page, with {name} replaced.
function say(key, values = {}) {
    return TEXT[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
