// Small texts to start with, each with settings that suit it.

const PRESETS = {
    bigram: {
        text: `good -> morning
good -> night
bright -> morning
bright -> sun
dark -> night
dark -> moon
warm -> sun
cold -> moon`,
        model: "pair", objective: "softmax", dim: 2, window: 1, eta: 0.3,
    },
    fruit: {
        text: `eat -> apple
eat -> orange
eat -> rice
drink -> juice
drink -> milk
drink -> water
apple -> eat
orange -> eat
rice -> eat
juice -> drink
milk -> drink
water -> drink`,
        model: "pair", objective: "softmax", dim: 5, window: 1, eta: 0.2,
    },
    royal: {
        text: `king -> man crown
queen -> woman crown
prince -> man young crown
princess -> woman young crown
father -> man
mother -> woman
boy -> man young
girl -> woman young`,
        model: "skipgram", objective: "softmax", dim: 4, window: 3, eta: 0.1,
    },
    languages: {
        text: `cat eats fish 猫 吃 鱼
dog eats meat 狗 吃 肉
bird eats rice 鸟 吃 米
cat drinks milk 猫 喝 奶
dog drinks water 狗 喝 水
bird drinks water 鸟 喝 水`,
        model: "cbow", objective: "ns", dim: 6, window: 5, eta: 0.2,
    },
    // From 御定全唐詩 (1705), public domain; a character a token.
    tang: {
        text: `希 君 剖 腹 取
還 解 抱 龍 泉
聞 說 征 南 沒
那 堪 故 吏 聞
能 持 蘇 武 節
不 受 馬 超 勳
國 破 無 家 信
天 秋 有 雁 群
同 榮 不 同 辱
今 日 負 將 軍
憶 昨 青 襟 醉 裏 分
酒 醒 回 首 愴 離 群
舟 移 極 浦 城 初 掩
常 歎 蘇 生 官 太 屈
應 緣 才 似 鮑 參 軍
不 見 元 生 已 數 朝
浣 花 溪 路 去 非 遙
客 舍 早 知 渾 寂 寞
驊 驄 幸 自 能 馳 驟
何 惜 揮 鞭 過 柞 橋`,
        model: "skipgram", objective: "hs", dim: 8, window: 2, eta: 0.1,
    },
};
if (OWN_TEXT) {
    PRESETS.own = { text: OWN_TEXT, model: "skipgram", objective: "ns", dim: 8, window: 3,
        eta: 0.1 };
}
