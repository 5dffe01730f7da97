/* a clinic */
CREATE TABLE `patients` (
  `id` int unsigned NOT NULL AUTO_INCREMENT COMMENT 'the key, first',
  `name` varchar(80) NOT NULL,
  `born` date DEFAULT NULL,
  `sex` enum('f','m','x') NOT NULL,
  `insured` tinyint(1) NOT NULL DEFAULT '1',
  `doctor_id` int unsigned DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `by_doctor` (`doctor_id`),
  CONSTRAINT `fk_doctor` FOREIGN KEY (`doctor_id`) REFERENCES `doctors` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE `doctors` (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(80) NOT NULL,
  `boss_id` int unsigned DEFAULT NULL,
  `fee` decimal(8,2) NOT NULL,
  `seen_at` datetime NOT NULL,
  PRIMARY KEY (`id`),
  FOREIGN KEY (`boss_id`) REFERENCES `doctors` (`id`)
) ENGINE=InnoDB;
