package model

import "github.com/flb-anomaly/flb-anomaly/detector/pattern"

// judgeUsual judges a line that says what its statement always says, and reports whether it
// is one: at the usual level, with numbers within their ranges, no longer and no shorter
// than usual, and not strikingly often. Most lines of most logs are. What else there is to say
// of those is how rare the bad ones are, whether it was away, and how much oftener than ever
// it comes: nothing more is computed.
func (m *Model) judgeUsual(o *Observation, st *statement) bool {
	if st == nil || st.seen < maturity || o.Learned || o.Size == 0 {
		return false
	}
	if o.Time > 0 && st.isAway(secondOf(o.Time), m.records) {
		return false
	}
	if st.age(m.epoch); 2*st.levels[o.Level] <= st.n {
		return false
	}
	bad := badnessOf(o.Level, wordClass(st.class)) > 0
	h, p := &m.habits, &st.habit
	passed := o.Time - p.time
	goesOn := p.time > 0 && passed >= 0 && passed < leastPause && m.clock.paused >= p.paused && p.era == h.era // else it may have been away
	gap, all := m.records-st.last, o.hashAll()
	rate := st.rate*rateFading.after(gap) + 1
	if gap == 1 && all == st.all {
		return false // it may be a run
	}
	expected := (st.n + 0.5) * rateHorizon * perNat * m.clock.lull() // in m.total+1 records
	burst, most := float32(0), false
	if rate*(m.total+1) > expected {
		burst, most = 1, rate > st.peak || bad // else there was more than that, and how much more is not asked
	}
	o.length = octavesOf(float64(o.Size + 1))
	if !st.length.holds(o.length) {
		return false
	}
	l := o.Line
	numbers := l.Numbers[:min(len(l.Numbers), trackedNumbers)]
	if !st.aligned(l, numbers) || st.isOutdated(o) {
		return false
	}
	off := false
	for i := range numbers {
		o.numbers[i] = noNumber
		if !numbers[i].Bracketed {
			o.numbers[i] = numberOctaves(numbers[i].Value)
		}
		if o.numbers[i] != noNumber && !st.nums[i].holds(o.numbers[i]) || o.oddZero(st, i) {
			return false
		}
		off = off || o.isOff(st, i)
	}

	o.known, o.seen, o.tracked = st, st.seen, len(numbers)
	o.Row, o.number, o.open, o.shifted, o.skewed, o.below = Row{}, -1, false, false, false, itself
	if off {
		if m.judgeShifts(o); o.shifted {
			return false // it may be news
		}
	}
	o.all, o.rate, o.run, o.burst, o.faster = all, rate, 0, burst, faster{}
	if bits, ok := m.seldom.surprise(st.seen); ok {
		featRarity.set(&o.Row, rarityWeight*min(bits, rarityBits))
	}
	if bad || !goesOn {
		if m.judgeHabit(o); featTrouble.Points(&o.Row) >= Strange/2 {
			return false // it may be news
		}
		featSeverity.set(&o.Row, float32(o.Level)-float32(pattern.LevelNotice))
	} else {
		o.bad, o.again, o.away, o.back = 0, false, 0, false
		o.rare = float64(p.slow)+h.weight/2 < rareSlow*(h.total+h.weight)
		o.quick = 1 + p.quick*quickLeft(gap)
	}
	if most || o.Time > 0 && st.flow.exceeds(secondOf(o.Time)) {
		if m.judgeBurst(o); featBurst.Points(&o.Row) >= Strange/2 {
			return false // it may be news
		}
	}
	m.identifyText(o, st)
	if points, _ := m.cameAgain(o, 0); points > 0 {
		return false // it may be news
	}
	m.vary(o)
	if points, _ := m.stuckPoints(o); points > 0 {
		return false // it may be news
	}
	if o.off.seconds > 0 && m.skewPoints(o) > 0 {
		return false // it may be news
	}
	m.reach(o)
	m.judgeCodes(o)
	m.judgeFields(o)
	m.judgeAgain(o)
	m.judgeDependencies(o)
	m.judgeFewTimes(o)
	m.judgeAbsence(o)
	o.inRanges, o.stuck = true, -1
	return true
}
