"""What the counted fields are called, for people who read a formula: one line a field, Chinese | English."""

from __future__ import annotations

from collections.abc import Mapping

_WORDS = """\
abandoned 放弃 | abandoned
abandoned_in_target 目标时间内放弃 | abandoned within the target
abandoned_short 短时放弃 | short abandons
accepted 接听的派发 | accepted offers
announced 听到播报 | heard an announcement
answered 接通 | answered
area_us 队列长度×时间 | length × time
assisted 协助 | assisted
attempts 占用请求 | attempts
available_us 可用时间 | time available
break_us 休息类示忙时间 | time on break
call_us 通话时间 | time connected
callback 转回拨 | took a call-back
cancelled_by_staff 内部取消 | cancelled by staff
capacity_us 通道数×时间 | channels × time
channel_us 占用通道时间 | time of channels in use
channels_high 同时占用通道最多 | most channels at once
connected 接通的会话 | connected contacts
consulting_us 咨询时间 | time consulting
consults 有咨询的处理 | handlings with a consultation
contacts 会话 | contacts
contained 在流程中结束 | ended in the flow
declined 拒接 | declined
delay_us 进线到接通时间 | time to the first connection
dialling_us 拨号时间 | time dialling
direct_missed 直呼未接 | direct, missed
diverted 分流 | diverted
estimate_error_abs_us 预估与实际之差的绝对值 | |told − real wait|
estimate_error_us 预估与实际之差 | told − real wait
estimates 听到预估且接通 | answered after an estimate
exhausted 次数用尽 | exhausted
exit_agent 转座席 | left to an agent
exit_callback 转回拨 | left by a call-back
exit_done 完成 | done
exit_error 出错 | left by an error
exit_hangup 流程内挂机 | hung up inside
exit_limit 超限 | left at a limit
exit_message 转留言 | left to a message
exit_queue 转队列 | left to a queue
exit_transfer 转外线 | left by a transfer
expired 过期 | expired
failed 故障 | failed
fast_clear_down 播报后 5 秒内挂机 | hung up within 5 s of an announcement
first_claimed 座席标记已解决 | marked as resolved by the agent
first_contacts 首次会话 | first contacts
first_provisional 未满 7 天 | within 7 days
first_resolved 首次即解决 | resolved at first
first_unknown 结果未知 | of unknown resolution
forwarded 转出 | forwarded
handled 接听 | handled
hit 目标时间内接通 | answered within the target
holding_us 保持时间 | time on hold
idle_high 同时空闲最多 | most idle at once
interval_us 时段长度 | length of the interval
items_us 在线服务件时间 | time of digital items
late 超时回拨 | late
left_in_flow 流程中挂机 | left in the flow
live 进行中 | live
longest_wait_us 最长等待 | longest wait
max_abandoned_us 放弃者最长等待 | longest wait of the abandoned
max_answered_us 接通者最长等待 | longest wait of the answered
median_abandoned_us 放弃者等待中位数 | median wait of the abandoned
median_answered_us 接通者等待中位数 | median wait of the answered
message_left 已留言 | message left
miss 未达标 | missed the target
no_answer 振铃未接 | no answer
not_reached 呼出未接通 | not reached
occupied_us 占用时间 | time occupied
offered 进线 | offered
offers 派发 | offers
on_time 按时回拨 | on time
overflow_in 溢入 | came by overflow
overflowed 溢出 | overflowed
p90_abandoned_us 放弃者等待九成以内 | wait of 90 % of the abandoned
p90_answered_us 接通者等待九成以内 | wait of 90 % of the answered
reached 接通客户 | reached
refused 已拒绝 | refused
refused_carrier 运营商拒绝 | refused by the carrier
refused_down 中继中断 | trunk down
refused_limit 超过限额 | over the limit
refused_no_channel 无空闲通道 | no free channel
repeat_call 重复来电 | repeat calls
requested 请求 | requested
ring_us 振铃时间 | time ringing
runs 进入流程 | runs
satisfied 五分制中的 4、5 分 | rated 4 or 5 of 5
seized 占用 | seizures
self_helped 自助完成 | helped themselves
self_kept 自助完成且未再来电 | helped themselves and did not come back
self_served 自助完成 | self-served
self_service 进入自助满 5 秒 | 5 s or more in self-service
served_elsewhere 他队代接 | served elsewhere
served_for_others 代接他队 | served for others
serving_us 在线服务状态时间 | time serving
short 短时放弃 | short abandons
short_call 不足 3 秒的通话 | calls under 3 s
signed_in_us 签入时间 | time signed in
state_assisting_us 协助状态时间 | time assisting
state_busy_us 示忙时间 | time busy
state_consulting_us 咨询状态时间 | time in consultation
state_dialling_us 拨号状态时间 | time in dialling
state_holding_us 保持状态时间 | time in hold
state_idle_us 空闲时间 | time idle
state_internal_us 内部通话时间 | time on internal calls
state_ringing_us 振铃状态时间 | time in ringing
state_serving_us 在线服务时间 | time in serving
state_supervising_us 监听时间 | time supervising
state_talking_us 通话状态时间 | time in talking
state_unreachable_us 断线状态时间 | time in disconnected
state_wrapup_us 话后处理状态时间 | time in the state wrap-up
survey_answered 参评 | surveys answered
surveys 评价邀请 | surveys offered
talking_us 交谈时间 | time talking
time_us 状态时间 | time in the state
transferred 转出 | transferred
transferred_attended 咨询转 | attended transfers
transferred_blind 盲转 | blind transfers
transferred_takeover 被接管 | taken over
turned_away 系统释放 | turned away
undecided 未定 | undecided
unreachable_us 断线时间 | time disconnected
wait_abandoned_us 放弃者等待 | wait of the abandoned
wait_answered_us 接通者等待 | wait of the answered
wait_callback_us 转回拨者等待 | wait of those called back
wait_diverted_us 分流者等待 | wait of the diverted
wait_failed_us 故障者等待 | wait of the failed
wait_overflowed_us 溢出者等待 | wait of the overflowed
wait_short_us 短时放弃者等待 | wait of the short abandons
wait_turned_away_us 系统释放者等待 | wait of the turned away
waiting 等待中 | waiting
waiting_high 同时排队最多 | most waiting at once
wrapup_us 话后处理时间 | time in wrap-up
"""


def _read(text: str) -> tuple[dict[str, str], dict[str, str]]:
    zh, en = {}, {}
    for line in text.splitlines():
        name, _, words = line.partition(" ")
        zh[name], _, en[name] = words.partition(" | ")
    return zh, en


ZH: Mapping[str, str]
EN: Mapping[str, str]
ZH, EN = _read(_WORDS)
