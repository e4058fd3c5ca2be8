// Everything the film says, in English and Chinese.

const TEXT = {
    en: {
        other: "中文", colours: "Light / dark", title: "Words in training",
        map: "Map of the words", find: "Find a word", play: "Play", pause: "Pause",
        previous: "Previous frame", next: "Next frame", time: "Time", speed: "Speed",
        loss: "Mean loss of a prediction", alpha: "Learning rate",
        noLoss: "No loss was computed (exact mode takes none).",
        epoch: "epoch {e} of {n}", choose: "Click a word to see its nearest words and its path.",
        nearest: "Nearest recorded words, by cosine:",
        note: "{n} words. One plane for all frames: PCA of the last one, {p} % of its variance.",
        keys: "Keys: space play or pause, ← and → one frame, Home and End. Click or drag on a curve to go to that moment.",
        about: "The vectors are scaled to length 1. Between two frames, words move in a straight line.",
    },
    zh: {
        other: "English", colours: "浅色 / 深色", title: "训练中的词",
        map: "词的地图", find: "查找词", play: "播放", pause: "暂停",
        previous: "上一帧", next: "下一帧", time: "时间", speed: "速度",
        loss: "每次预测的平均损失", alpha: "学习率",
        noLoss: "没有计算损失（精确模式不计算）。",
        epoch: "第 {e} 轮，共 {n} 轮", choose: "点击一个词，查看它的近邻和轨迹。",
        nearest: "已记录的词中最近的（余弦）：",
        note: "{n} 个词。所有帧用同一平面：最后一帧的 PCA，占其方差的 {p} %。",
        keys: "按键：空格 播放或暂停，← 和 → 移动一帧，Home 和 End。在曲线上点击或拖动可跳到该时刻。",
        about: "向量长度归一为 1。两帧之间，词沿直线移动。",
    },
};
